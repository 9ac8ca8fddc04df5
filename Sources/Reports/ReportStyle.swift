/// The style of a report: one column of cards, in light or dark as the reader's system prefers.
enum ReportStyle {
  static let palette = """
    :root{color-scheme:light dark;--page:#f6f5f2;--card:#fff;--ink:#1c1d21;--soft:#63656e;--rule:#e3e1dc;--grid:#eceae5;
    --accent:#1f5fd0;--track:#eceae5;--c0:#1f5fd0;--c1:#c8501a;--c2:#0b8068;--c3:#8b3fc4;--c4:#9a7400;--c5:#bf2560}
    @media (prefers-color-scheme:dark){:root{--page:#131418;--card:#1c1e24;--ink:#ecedf1;--soft:#a0a3ae;--rule:#31343d;
    --grid:#2a2d35;--accent:#7aa7ff;--track:#2c2f38;--c0:#7aa7ff;--c1:#ff9a62;--c2:#4ecbae;--c3:#c79bf2;--c4:#e0bb4d;
    --c5:#f585ac}}
    """

  /// Curves, axes and their labels inside an element of the class chart.
  static let chart = """
    .line0{color:var(--c0)}.line1{color:var(--c1)}.line2{color:var(--c2)}
    .line3{color:var(--c3)}.line4{color:var(--c4)}.line5{color:var(--c5)}
    .chart text{fill:var(--soft);font-size:12.5px;text-anchor:middle}
    .chart text.y{text-anchor:end}
    .chart path{fill:none;stroke:var(--rule)}
    .chart .grid{stroke:var(--grid)}
    .chart .axis,.chart .tick{stroke:var(--soft);stroke-opacity:.6}
    .chart path.curve{stroke:currentColor;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
    .chart path.raw{stroke:currentColor;stroke-opacity:.22}
    .chart circle{fill:currentColor}
    """

  /// Tables of a study: a column for each cell, and differences with their intervals.
  static let study = """
    .card{background:var(--card);border:1px solid var(--rule);border-radius:12px}.card table{border:0}
    .cells th:first-child{white-space:normal;overflow-wrap:anywhere;max-width:none;min-width:clamp(9em,22vw,20em)}
    .study small,.intervals small{color:var(--soft)}
    table.study thead th:nth-child(n){white-space:normal;vertical-align:bottom}
    .study .problem{display:block;white-space:normal}
    .study a{color:var(--accent)}
    .intervals+.intervals{margin-top:16px}
    .intervals th:first-child{white-space:normal;overflow-wrap:anywhere;width:30%}
    .intervals svg{display:block;width:100%;height:22px;overflow:visible}
    .intervals .grid{stroke:var(--grid)}.intervals .zero{stroke:var(--soft)}
    .intervals .reach{stroke:var(--accent);stroke-width:3;stroke-opacity:.55;stroke-linecap:round}
    .intervals circle{fill:var(--accent)}
    .intervals text{fill:var(--soft);font-size:12.5px;text-anchor:middle}
    .intervals .scale svg{height:14px}.intervals .scale>tr>*{border:0;padding-top:0}
    """

  static let css = """
    \(palette)
    *{box-sizing:border-box}
    body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
    "Helvetica Neue",sans-serif;font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
    main{max-width:1240px;margin:0 auto;padding:clamp(20px,4vw,56px) clamp(16px,3vw,40px)}
    h1{font-size:clamp(1.7rem,4vw,2.5rem);line-height:1.15;letter-spacing:-.02em;margin:0;overflow-wrap:anywhere}
    h2{font-size:1.3rem;letter-spacing:-.01em;margin:56px 0 16px}
    h3{font-size:1rem;margin:0;overflow-wrap:anywhere}
    .summary{color:var(--soft);font-size:1.1rem;max-width:46em;margin:10px 0 0}
    .facts{display:flex;flex-wrap:wrap;gap:6px 28px;margin:18px 0 0;font-size:.85rem}
    .facts div{display:flex;gap:8px;min-width:0}
    .facts dt{color:var(--soft)}
    .facts dd{margin:0;overflow-wrap:anywhere}
    .numbers{display:flex;flex-wrap:wrap;gap:24px 56px;margin:28px 0 0;padding:24px 0;border:solid var(--rule);
    border-width:1px 0;align-items:flex-start}
    .numbers div{max-width:19em}
    .numbers dt{color:var(--soft);font-size:.85rem}
    .numbers dd{margin:0;font-size:1.35rem;font-weight:600;line-height:1.2;letter-spacing:-.01em}
    .numbers div:first-child dd:not(.meaning){font-size:2.6rem;line-height:1;color:var(--accent);letter-spacing:-.03em}
    .numbers dd.meaning{color:var(--soft);font-size:.85rem;font-weight:400;line-height:1.4;letter-spacing:0;margin-top:6px}
    .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,430px),570px));gap:20px;
    align-items:start}
    figure{margin:0}
    .chart,article,table,details{background:var(--card);border:1px solid var(--rule);border-radius:12px}
    .chart{padding:18px 18px 10px}
    .chart svg{display:block;width:100%;height:auto;margin-top:6px;overflow:visible}
    .chart .note{font-size:.85rem;margin:8px 0 6px}
    .legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;margin:6px 0 0;padding:0;font-size:.9rem;
    color:var(--soft)}
    .legend li{display:flex;align-items:center;gap:7px}
    .legend b{color:var(--ink);font-weight:600}
    .chart .legend i{width:16px;height:3px;border-radius:2px;background:currentColor}
    \(chart)
    .confusions{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:18px;display:grid;
    grid-template-columns:minmax(0,auto) minmax(min(100%,300px),1fr);gap:14px 44px;align-items:start}
    .confusions figcaption{grid-column:1/-1}.confusions .note{margin:0}
    .scroll{overflow-x:auto}
    .confusions svg{display:block;max-width:100%;height:auto}
    .scroll.many svg{max-width:none}
    .swatch.right{background:var(--c0)}.swatch.wrong{background:var(--c1)}
    .largest ol{list-style:none;margin:10px 0 0;padding:0}
    .largest li{display:flex;justify-content:space-between;gap:16px;padding:6px 0;border-top:1px solid var(--rule)}
    .largest li>span{min-width:0;overflow-wrap:anywhere}
    .largest .swatch{margin-right:6px;vertical-align:-2px}
    .class{display:inline-block}
    .largest b{white-space:nowrap;font-weight:600}
    .largest .note,.largest small{color:var(--soft);font-size:.85rem}
    .terms{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,330px),1fr));gap:8px 32px;margin:16px 2px 0;
    font-size:.85rem}
    .terms dt{font-weight:600}.terms dd{margin:0;color:var(--soft)}
    .matrix .ground{fill:none}.matrix .ink{fill:var(--ink)}.matrix .on{fill:var(--card)}
    .matrix .right{fill:var(--c0)}.matrix .wrong{fill:var(--c1)}.matrix .lines{stroke:var(--rule)}
    .none,.note{color:var(--soft)}
    .note{margin:0 0 14px;overflow-wrap:anywhere}
    table{width:100%;border-collapse:separate;border-spacing:0;overflow:hidden}
    th,td{padding:7px 18px;text-align:left;font-weight:400}
    tbody tr:first-child>*{border-top:1px solid var(--rule)}
    thead th{color:var(--soft);font-size:.85rem;padding-top:12px}
    th:first-child{width:1%;max-width:46vw;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
    td:nth-child(n+3),thead th:nth-child(n+3),.bins :is(td,thead th):nth-child(n+2){width:1%;text-align:right;
    white-space:nowrap}
    .bins .bar{min-width:clamp(24px,5vw,72px)}
    .wide{grid-template-columns:repeat(auto-fit,minmax(min(100%,530px),1fr))}
    tr:last-child>*{padding-bottom:12px}
    \(study)
    .mean>*{font-weight:600}
    .bar{display:block;height:10px;border-radius:5px;background:var(--track);overflow:hidden}
    .bar i{display:block;height:100%;border-radius:5px;background:var(--accent)}
    .mean .bar i{background:var(--soft)}
    .swatch{display:inline-block;flex:none;width:14px;height:14px;border-radius:4px;border:1px solid var(--soft)}
    th .swatch{margin-right:10px;vertical-align:-2px}
    .legend.keys{margin:0 0 10px}
    .legend.keys li{align-items:baseline}.legend.keys .swatch{align-self:center}
    .swatch.void{background:repeating-linear-gradient(135deg,#b9bcc4 0 2px,#55585f 2px 5px)}
    .ramp{flex:none;align-self:center;width:46px;height:14px;border-radius:4px;border:1px solid var(--soft);
    background:linear-gradient(90deg,#110c2a,#701579,#e5275c,#ff9d3d,#fbf7ac)}
    .views{display:none;flex-wrap:wrap;gap:4px 20px;border:0;margin:0 0 14px;padding:0;font-size:.9rem}
    .views legend{float:left;color:var(--soft);margin-right:20px;padding:0}
    .views label{display:flex;gap:6px;align-items:center;cursor:pointer}
    @supports selector(:has(a)){.views{display:flex}}
    article{padding:16px 18px 14px;margin-bottom:16px;break-inside:avoid}
    article h3{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 16px}
    article h3 span{color:var(--soft);font-weight:400}
    article h3 b{color:var(--ink);font-weight:600}
    article .legend{margin-top:12px;font-size:.85rem}
    .pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(46%,176px),1fr));gap:12px;margin-top:12px;
    align-items:start}
    .pictures figure{text-align:center;max-width:520px}
    .pictures figcaption{color:var(--soft);font-size:.85rem;margin-top:6px}
    .pictures label{position:relative;display:block}
    .zoom{position:absolute;opacity:0;margin:0}
    .stack{position:relative;display:block;cursor:zoom-in;border-radius:6px;overflow:hidden}
    .stack>*{position:absolute;inset:0;width:100%;height:100%;object-fit:contain}
    .fill{opacity:.5}
    .dim>svg{filter:grayscale(1) brightness(.6)}
    section:has(.outlines:checked) .fill{opacity:0}
    section:has(.solid:checked) .fill{opacity:1}
    .zoom:focus-visible+.stack{outline:2px solid var(--accent);outline-offset:2px}
    .zoom:checked+.stack{position:fixed;inset:0;z-index:9;border-radius:0;background:#0e0f12;aspect-ratio:auto!important;
    cursor:zoom-out}
    summary{cursor:pointer;padding:14px 18px;font-weight:600}
    summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:12px}
    .steps{margin:0;padding-left:1.2em;max-width:60em}.steps li{margin-bottom:12px}
    .steps pre{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:8px 12px;margin-top:6px}
    pre{margin:0;padding:4px 18px 18px;overflow-x:auto;font-size:.85rem;line-height:1.55}
    code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
    code{font-size:.9em}
    @media (max-width:760px){.confusions{grid-template-columns:minmax(0,1fr)}}
    @media (max-width:560px){.chart text{font-size:15px}.pictures{gap:10px}th,td{padding:7px 12px}
    .mean th:first-child{white-space:normal}.pictures figure:first-child:nth-last-child(odd){grid-column:1/-1}
    .numbers div{max-width:none}.facts{flex-direction:column}.facts dt{flex:none;min-width:5.5em}
    .scroll:not(.many) svg{width:100%}
    table:not(.bins) tr{display:grid;grid-template-columns:minmax(0,1fr) auto 6.4em;border-top:1px solid var(--rule)}
    table:not(.bins) tr>*{border:0!important;width:auto!important;max-width:none!important;padding:7px 12px}
    table:not(.bins) thead tr{border:0}table:not(.bins) thead th{white-space:normal}
    table:not(.bins) td:nth-child(2){grid-column:1/-1;grid-row:2;padding:0 12px 9px}
    table:not(.bins) thead td{display:none}
    table.intervals:not(.bins) tr{grid-template-columns:minmax(0,1fr) auto}
    .intervals th:first-child{grid-column:1/-1}table.intervals:not(.bins) td:nth-child(2){padding:2px 22px}
    .intervals thead th:first-child{display:none}.intervals :is(td,th):nth-child(3){text-align:left!important}
    .intervals .scale :is(th,td:nth-child(n+3)){display:none}}
    @media print{body{background:none}main{max-width:none}.views{display:none}}
    """
}

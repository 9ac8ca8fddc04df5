import Annotations
import Checkpoints
import Datasets
import Evaluation
import Files
import Images
import Models
import Settings
import Training

extension FuzzTarget {
  /// Every reader of files in this program.
  public static let all: [FuzzTarget] = [
    jpeg, png, labels, scribbles, matlab, safetensors, pytorch, settings, override, classes, labelNames, list, metrics,
    evaluation,
  ]

  private static func golden(_ names: [String]) -> [String] { names.map { "\(checkout)/Tests/Goldens/\($0)" } }

  private static let jpeg = FuzzTarget(
    "jpeg", "jpg",
    files: golden(
      ["baseline", "cmyk", "full_color", "grey", "progressive", "restarts", "turned"].map { "images/\($0).jpg" }),
    words: ["\u{FF}", "Exif\0\0", "Exif\0\0II*\0", "Exif\0\0MM\0*", "Adobe", "JFIF"]
  ) { path in _ = try Image(contentsOf: path) }

  private static let png = FuzzTarget(
    "png", "png",
    files: golden(
      ["rgb", "rgb_16", "rgb_alpha", "grey_alpha", "interlaced", "palette_8", "palette_transparent", "grey_1"]
        .map { "images/\($0).png" }),
    words: ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "eXIf", "iCCP", "zTXt"]
  ) { path in _ = try Image(contentsOf: path) }

  private static let labels = FuzzTarget(
    "labels", "png",
    files: golden(
      ["palette_1", "palette_2", "palette_4", "palette_8", "palette_interlaced", "grey_8", "grey_16"]
        .map { "images/\($0).png" }),
    words: ["IHDR", "PLTE", "IDAT", "IEND", "tRNS"]
  ) { path in _ = try LabelMap(contentsOf: path) }

  private static let scribbles = FuzzTarget(
    "scribbles", "xml", files: ["\(checkout)/Demo/scribbles/Abyssinian_217.xml"],
    texts: [
      """
      <?xml version="1.0"?><annotation><size><width>24</width><height>17</height></size>
      <polygon><tag>cat</tag><point><X>3</X><Y>4.5</Y></point><point><X>9</X><Y>-4</Y></point></polygon></annotation>
      """
    ],
    words: [
      "<?note?>", "<!DOCTYPE a>", "<!ENTITY a \"b\">", "&a;", "&#1;", "<![CDATA[", "]]>", "<!--", "-->", "<polygon>",
      "</polygon>", "<point>", "<X>1e308</X>", "<width>99999999999</width>", " a=\"1\"", "encoding=\"UTF-16\"",
      "\u{FEFF}",
    ]
  ) { path in
    _ = try Annotation(contentsOf: path).rasterized(ClassList.voc.scribbleTags)
  }

  private static let matlab = FuzzTarget(
    "matlab", "mat", files: golden(["context/compressed_uint16.mat", "context/plain_double.mat"]),
    words: ["LabelMap", "IM", "MI", "MATLAB 5.0 MAT-file"]
  ) { path in
    let renaming = try LabelRenaming(from: .context, to: .context)
    _ = try LabelMap(matFile: path, renaming)
  }

  private static let safetensors = FuzzTarget(
    "safetensors", "safetensors",
    texts: [
      container(#"{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}"#, "12345678"),
      container(#"{"__metadata__":{"a":"b"},"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}"#, "1"),
    ],
    words: [
      "\"shape\":[", "data_offsets", "__metadata__", "\"F64\"", "9223372036854775807", "-1", "1e99", "[[[[", "{\"a\":",
    ]
  ) { path in
    _ = try Inspection.checkpoint(path, listingTensors: true)
    _ = try WeightsFile.read(path)
  }

  /// A safetensors file of a header of less than 128 bytes.
  private static func container(_ header: String, _ data: String) -> String {
    String(UnicodeScalar(UInt8(header.utf8.count))) + String(repeating: "\0", count: 7) + header + data
  }

  private static let pytorch = FuzzTarget(
    "pytorch", "pth",
    files: golden(
      [
        "checkpoint.legacy.pth", "checkpoint.zip.pth", "deflated.zip.pth", "network.legacy.pth", "network.zip.pth",
        "outer_deflated.zip.zip", "parameters.legacy.pth", "protocol4.zip.pth", "types.legacy.pth", "views.legacy.pth",
        "views.zip.pth",
      ].map { "pytorch/\($0)" }),
    words: [
      "ctorch._utils\n_rebuild_tensor_v2\n", "cos\nsystem\n", "ccollections\nOrderedDict\n", "R.", "b.", "s.", "u.",
      "storage", "FloatStorage", "PK\u{1}\u{2}", "PK\u{3}\u{4}", "PK\u{5}\u{6}", "data.pkl", "h\0", "q\0",
      "\u{8A}\u{8}",
    ]
  ) { path in
    _ = try Inspection.checkpoint(path, listingTensors: true)
    _ = try WeightsFile.read(path)
  }

  private static let settings = FuzzTarget(
    "settings", "yaml",
    files: ["demo", "voc-resnet101", "context-resnet101"].map { "\(checkout)/Configs/\($0).yaml" },
    words: [
      "&a ", "*a", "<<: ", "!!binary ", "? ", "[[[[", "{{", "- ", "|\n", "null", "1e999", "training:", "\t",
      "%YAML 1.2",
    ],
    refusing: { $0 is FileError || $0 is SettingsError }
  ) { path in _ = try ExperimentSettings.load(path) }

  private static let override = FuzzTarget(
    "override", "txt",
    texts: ["training.epochs=3", "evaluation.scales=[0.5, 1]", "data.classes=[sky, sea]", "training={epochs: 3}"],
    words: ["=", ".", "[", "{", "&a", "training", "data", "loss", ": "],
    refusing: { $0 is FileError || $0 is SettingsError }
  ) { path in
    let text = String(decoding: try InputFile.read(path), as: UTF8.self)
    _ = try ExperimentSettings.load("\(checkout)/Configs/demo.yaml", overrides: [text])
  }

  private static let classes = FuzzTarget(
    "classes", "txt", files: ["\(checkout)/Demo/classes.txt"] + golden(["context/59_labels.txt"]),
    texts: [
      "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:64,0,128::\n", "__ignore__\n_background_\ncat\n",
    ],
    words: [
      "\n", "255 void", "0 background", "#FF0000", "#", ":", "-1 a", "9999999999999999999 b", "\u{0}", "\u{1B}[2J",
    ]
  ) { path in _ = try ClassList(contentsOf: path) }

  private static let labelNames = FuzzTarget(
    "label-names", "txt", files: golden(["context/labels.txt"]), words: ["\n", "0: background", "1: a", "-1: b", ":"]
  ) { path in _ = try LabelNames(contentsOf: path) }

  private static let list = FuzzTarget(
    "list", "txt", files: ["\(checkout)/Demo/ImageSets/Segmentation/val.txt"],
    words: ["\n", "..", "/", "../../etc/passwd", "\\", "\u{0}", "a.jpg", "\u{301}"]
  ) { path in
    _ = try SegmentationDataset(DatasetLayout(images: "\(checkout)/Demo/JPEGImages", list: path), classes: .voc)
  }

  private static let metrics = FuzzTarget(
    "metrics", "jsonl",
    texts: [
      #"{"epoch":0,"iteration":1,"scribble_loss":0.5}"# + "\n" + #"{"epoch":0,"iteration":2,"mean_iou":0.5}"# + "\n"
    ],
    words: ["\n", "1e999", "-1", "9223372036854775808", "null", "\"epoch\":", "{", "[[[[[["]
  ) { path in _ = try MetricsFile.read(path) }

  private static let evaluation = FuzzTarget(
    "evaluation", "json",
    texts: [
      """
      {"boundary_iou":[0.5,null],"classes":["a","b"],"frequency_weighted_iou":0.5,"images":1,"iou":[0.5,null],\
      "mean_accuracy":0.5,"mean_boundary_iou":0.5,"mean_iou":0.5,"others":[],"pixel_accuracy":0.5,"seconds":1,\
      "views":{"scales":[1],"mirror":false},"weights":"w"}
      """
    ], words: ["null", "[[", "1e999", "-1", "9223372036854775808", "{\""]
  ) { path in _ = try EvaluationResult(contentsOf: path) }
}

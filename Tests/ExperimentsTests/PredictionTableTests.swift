import Experiments
import Testing

@Suite struct PredictionTableTests {
  @Test("a table has a line for each photograph, quoted where a field needs it") func table() {
    var table = PredictionTable(classes: ["background", "cat, or \"dog\""], classCount: 2)
    table.add(finding("a,b.jpg", [(0, 0.25), (1, 0.75)]))
    table.add(finding("c.jpg", [(1, 1)]))
    #expect(
      table.csv == "photograph,mask,width,height,background,\"cat, or \"\"dog\"\"\"\r\n"
        + "\"a,b.jpg\",m.png,4,3,0.250000,0.750000\r\nc.jpg,m.png,4,3,0.000000,1.000000\r\n")
  }

  @Test("classes without names are called by their labels") func unnamed() {
    #expect(PredictionTable(classes: nil, classCount: 2).csv == "photograph,mask,width,height,class 0,class 1\r\n")
  }

  private func finding(_ path: String, _ shares: [(label: Int, share: Double)]) -> PredictionRun.Finding {
    .init(photograph: path, mask: "m.png", width: 4, height: 3, shares: shares, isOld: false, warnings: [])
  }
}

import Evaluation
import Reports
import TestEvaluation
import Testing

@Suite struct StudyResultReportTests {
  @Test("the text has cells, differences with their interval, classes and the runs that are open") func text() throws {
    let lines = try exampleStudy().text.split(separator: "\n").map(String.init)
    #expect(lines[0] == "s: 2 cells, seeds 0, 1, 2; 5 of 6 runs are finished, 1 has failed")
    #expect(lines[1] == "cell                 mIoU %     sd  boundary IoU %    sd  pixel acc. %    sd  runs")
    #expect(lines[3] == "1 blp=1 (reference)   50.00  10.00           30.00  0.00         90.00  0.00     3")
    #expect(lines[4] == "2 blp=0               60.00  14.14           30.00  0.00         90.00  0.00     2")
    // Differences 10 and 20 points: mean 15, deviation 7.0711, standard error 5, t = 12.7062.
    #expect(lines.contains("2 blp=0  +15.00  [-48.53, +78.53]          0.00              –      2"))
    #expect(lines.contains("background   50.00   60.00") && lines.contains("cat              –       –"))
    #expect(lines.last == "runs/s/blp=0/seed-2: failed: The loss is not finite.")
  }

  @Test("with one seed there is neither a deviation nor an interval, and the text says why") func oneSeed() throws {
    let text = try exampleStudy(seeds: [0]).text
    #expect(text.contains("1 blp=1 (reference)   40.00   –           30.00   –         90.00   –     1"))
    #expect(text.contains("2 blp=0  +10.00              –          0.00              –      1"))
    #expect(text.contains("no standard deviations and no confidence intervals"))
    #expect(text.contains("With one seed that both cells have there is no interval"))
  }

  @Test("the page draws an interval and links to the runs") func page() throws {
    let study = try exampleStudy()
    let page = try Report(title: "s", study: study).html()
    #expect(page.components(separatedBy: "class=\"reach\"").count == 2)
    #expect(page.components(separatedBy: "<circle cx=").count >= 3)
    #expect(page.contains("<td>+15.00</td><td>−48.53 to +78.53</td>"))
    #expect(page.contains("<a href=\"blp=0/seed-1/report.html\">finished</a>"))
    #expect(page.contains("The loss is not finite."))
    #expect(page.contains("not computed"))
  }
}

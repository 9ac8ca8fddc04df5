import Files
import Foundation
import Testing

@Suite("Text for a terminal")
struct PrintableTextTests {
  @Test(
    "has nothing that a terminal obeys",
    arguments: [
      ("\u{1B}[2J", "?[2J"), ("a\u{9B}31m", "a?31m"), ("\u{7F}\u{0}\u{7}", "???"), ("a\r\nb", "a??b"),
      ("a\u{202E}gpj", "a?gpj"), ("\u{2066}x\u{2069}", "?x?"), ("\u{2028}\u{2029}\u{85}", "???"), ("a\tb", "a?b"),
    ])
  func hostile(text: String, expected: String) { #expect(text.printable == expected) }

  @Test("keeps letters of all scripts, accents and joined signs", arguments: ["Ähre 🌾", "e\u{301}", "👨‍👩‍👧", "שלום", "猫"])
  func kept(text: String) { #expect(text.printable == text) }

  @Test("keeps line breaks where it is lines, and nothing else")
  func lines() { #expect("a\n\u{1B}b\r\n\nc\n".printableLines == "a\n?b?\n\nc\n") }

  @Test("is what errors and warnings say, whatever a file is called")
  func errors() {
    #expect(FileError.invalid("a\nb\u{1B}", "is\u{7} odd").description == "a?b?: is? odd.")
    #expect(FileWarning("a\u{202E}", "is odd").description == "a?: is odd.")
  }

  @Test("is escaped in JSON, which reads back as it was")
  func json() throws {
    let texts = ["\u{1B}[2J", "\u{9B}\u{7F}", "\u{202E}\u{2028}", "a\nb", "Ähre 🌾/"]
    let data = try indentedJSON(texts)
    let text = String(decoding: data, as: UTF8.self)
    #expect(text.printableLines == text)
    #expect(text.contains("\\u009b\\u007f") && text.contains("\\u202e\\u2028") && text.contains("Ähre 🌾/"))
    #expect(try JSONDecoder().decode([String].self, from: data) == texts)
  }
}

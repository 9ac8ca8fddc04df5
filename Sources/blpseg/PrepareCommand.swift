import ArgumentParser

struct PrepareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prepare", abstract: "Convert and list the files of a data set, and check that all is well.",
    subcommands: [Check.self, Scribbles.self, Context.self, TrainAug.self])
}

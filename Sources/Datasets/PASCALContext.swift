import Annotations
import CMatIO
import Files
import Foundation
import Images

/// PASCAL-Context's ground truth: MATLAB files with the numbers of many labels, which are renamed to classes.
package struct PASCALContextMasks: MaskFormat {
  package var fileExtensions: [String] { ["mat"] }
  private let labelNames: String?
  private let isSequential: Bool

  /// `labelNames` is the path of a file of `LabelNames`, nil for the 459 known ones; `isSequential` repeats the bug
  /// that `LabelRenaming` describes.
  package init(labelNames: String? = nil, isSequential: Bool = false) {
    (self.labelNames, self.isSequential) = (labelNames, isSequential)
  }

  package func reader(of paths: [String], in folder: String, _ classes: ClassList) throws(FileError) -> any MaskReader {
    // A faulty file of names is reported whether or not there are masks that need it.
    let names = try labelNames.map { path throws(FileError) in try LabelNames(contentsOf: path) } ?? .context
    if paths.isEmpty || classes == .unknown { return LabelRenaming(backgroundFor: names) }
    do throws(ClassListError) {
      return try LabelRenaming(from: names, to: classes, sequentially: isSequential)
    } catch {
      throw .invalid(folder, "holds MATLAB files, and class \(error.problem)")
    }
  }
}

extension LabelRenaming: MaskReader {
  public func read(
    _ path: String, _ warnings: inout [FileWarning], checkingSize: SizeCheck
  ) throws(FileError) -> LabelMap {
    let map = try LabelMap(matFile: path, self)
    try checkingSize(map.width, map.height)
    return map
  }
}

/// The class of every label of PASCAL-Context's ground truth.
package struct LabelRenaming: Sendable, Equatable {
  /// The classes of the labels 0, 1, 2 and so on.
  package let classes: [UInt8]

  /// Labels become the class of their name, or background where no class has that name.
  ///
  /// `sequentially` repeats a bug of the published program, to compare with its results: it renames one label after
  /// another in the same image, so that a label whose class has a larger number than itself is renamed again later: bag
  /// and bedclothes become background, bed and bench bicycle. Throws when a class other than the background has no
  /// label.
  package init(from names: LabelNames, to classes: ClassList, sequentially: Bool = false) throws(ClassListError) {
    let unnamed = classes.names.dropFirst().filter { !names.names.contains($0) }
    if let first = unnamed.first {
      throw ClassListError(
        "\"\(first)\"\(unnamed.count > 1 ? " and \(unnamed.count - 1) more classes are" : " is") not among the "
          + "\(names.names.count) names of the labels; use the names that they have there")
    }
    let labels = Dictionary(zip(classes.names, UInt8.min...)) { first, _ in first }
    let direct = [0] + names.names.map { labels[$0] ?? 0 }
    self.classes = sequentially ? direct.indices.map { LabelRenaming.sequentiallyRenamed($0, direct) } : direct
  }

  /// Labels whose classes are not known, as background.
  init(backgroundFor names: LabelNames) { classes = Array(repeating: 0, count: names.names.count + 1) }

  /// The class of `label` after labels 0, 1, 2 ... were renamed in turn.
  private static func sequentiallyRenamed(_ label: Int, _ direct: [UInt8]) -> UInt8 {
    var current = label
    for turn in direct.indices where turn == current { current = Int(direct[turn]) }
    return UInt8(current)
  }
}

extension LabelMap {
  /// The ground truth in a file of PASCAL-Context: variable `LabelMap` of a MATLAB v5 file, its labels renamed to
  /// classes.
  ///
  /// Throws for files that cannot be read and for labels that `renaming` does not know.
  package init(matFile path: String, _ renaming: LabelRenaming) throws(FileError) {
    let matrix = try MATLABMatrix(contentsOf: path, variable: "LabelMap")
    let classes = renaming.classes
    if let pixel = matrix.values.firstIndex(where: { $0 >= classes.count }) {
      throw .invalid(
        path,
        "has the value \(matrix.values[pixel]) in row \(pixel / matrix.columns), column \(pixel % matrix.columns) of "
          + "LabelMap; labels from 0 to \(classes.count - 1) have names")
    }
    self.init(width: matrix.columns, height: matrix.rows, labels: matrix.values.map { classes[Int($0)] })
  }
}

/// The names of the labels in PASCAL-Context's ground truth, which has more labels than classes.
public struct LabelNames: Sendable, Equatable {
  /// The names of the labels 1, 2 and so on; label 0 has none.
  public let names: [String]

  init(_ names: [String]) { self.names = names }

  /// Reads a file with one name per line after its label, "1: accordion" and so on without gaps; a line "0: background"
  /// may come first.
  public init(contentsOf path: String) throws(FileError) {
    let lines: [String]
    do {
      lines = try InputFile.lines(path)
    } catch {
      throw error.expecting("the names of the labels, one per line as in \"1: accordion\",")
    }
    if let line = lines.first(where: { NumberedLine($0) == nil }) {
      throw .invalid(
        path, "has the line \"\(line.prefix(64))\", a label and a name as in \"1: accordion\" were expected")
    }
    let named = lines.compactMap(NumberedLine.init).filter { $0.number != 0 }.sorted { $0.number < $1.number }
    guard 1...LabelNames.most ~= named.count else {
      throw .invalid(path, "names \(named.count) labels, 1 to \(LabelNames.most) were expected")
    }
    for (index, line) in named.enumerated() where line.number != index + 1 {
      throw .invalid(
        path,
        "has label \(line.number) (\"\(line.name.prefix(64))\") where \(index + 1) was expected; "
          + "number the names from 1 without gaps")
    }
    names = named.map(\.name)
  }

  /// Labels have 16 bits, and the highest value marks invalid ones.
  private static let most = 65_534
}

extension LabelNames {
  /// The 459 names of PASCAL-Context's labels, as its file labels.txt gives them.
  public static let context = LabelNames(
    """
    accordion, aeroplane, air conditioner, antenna, artillery, ashtray, atrium, baby carriage, bag, ball, balloon, \
    bamboo weaving, barrel, baseball bat, basket, basketball backboard, bathtub, bed, bedclothes, beer, bell, bench, \
    bicycle, binoculars, bird, bird cage, bird feeder, bird nest, blackboard, board, boat, bone, book, bottle, bottle \
    opener, bowl, box, bracelet, brick, bridge, broom, brush, bucket, building, bus, cabinet, cabinet door, cage, \
    cake, calculator, calendar, camel, camera, camera lens, can, candle, candle holder, cap, car, card, cart, case, \
    casette recorder, cash register, cat, cd, cd player, ceiling, cell phone, cello, chain, chair, chessboard, \
    chicken, chopstick, clip, clippers, clock, closet, cloth, clothes tree, coffee, coffee machine, comb, computer, \
    concrete, cone, container, control booth, controller, cooker, copying machine, coral, cork, corkscrew, counter, \
    court, cow, crabstick, crane, crate, cross, crutch, cup, curtain, cushion, cutting board, dais, disc, disc case, \
    dishwasher, dock, dog, dolphin, door, drainer, dray, drink dispenser, drinking machine, drop, drug, drum, drum \
    kit, duck, dumbbell, earphone, earrings, egg, electric fan, electric iron, electric pot, electric saw, electronic \
    keyboard, engine, envelope, equipment, escalator, exhibition booth, extinguisher, eyeglass, fan, faucet, fax \
    machine, fence, ferris wheel, fire extinguisher, fire hydrant, fire place, fish, fish tank, fishbowl, fishing net, \
    fishing pole, flag, flagstaff, flame, flashlight, floor, flower, fly, foam, food, footbridge, forceps, fork, \
    forklift, fountain, fox, frame, fridge, frog, fruit, funnel, furnace, game controller, game machine, gas cylinder, \
    gas hood, gas stove, gift box, glass, glass marble, globe, glove, goal, grandstand, grass, gravestone, ground, \
    guardrail, guitar, gun, hammer, hand cart, handle, handrail, hanger, hard disk drive, hat, hay, headphone, heater, \
    helicopter, helmet, holder, hook, horse, horse-drawn carriage, hot-air balloon, hydrovalve, ice, inflator pump, \
    ipod, iron, ironing board, jar, kart, kettle, key, keyboard, kitchen range, kite, knife, knife block, ladder, \
    ladder truck, ladle, laptop, leaves, lid, life buoy, light, light bulb, lighter, line, lion, lobster, lock, \
    machine, mailbox, mannequin, map, mask, mat, match book, mattress, menu, metal, meter box, microphone, microwave, \
    mirror, missile, model, money, monkey, mop, motorbike, mountain, mouse, mouse pad, musical instrument, napkin, \
    net, newspaper, oar, ornament, outlet, oven, oxygen bottle, pack, pan, paper, paper box, paper cutter, parachute, \
    parasol, parterre, patio, pelage, pen, pen container, pencil, person, photo, piano, picture, pig, pillar, pillow, \
    pipe, pitcher, plant, plastic, plate, platform, player, playground, pliers, plume, poker, poker chip, pole, pool \
    table, postcard, poster, pot, pottedplant, printer, projector, pumpkin, rabbit, racket, radiator, radio, rail, \
    rake, ramp, range hood, receiver, recorder, recreational machines, remote control, road, robot, rock, rocket, \
    rocking horse, rope, rug, ruler, runway, saddle, sand, saw, scale, scanner, scissors, scoop, screen, screwdriver, \
    sculpture, scythe, sewer, sewing machine, shed, sheep, shell, shelves, shoe, shopping cart, shovel, sidecar, \
    sidewalk, sign, signal light, sink, skateboard, ski, sky, sled, slippers, smoke, snail, snake, snow, snowmobiles, \
    sofa, spanner, spatula, speaker, speed bump, spice container, spoon, sprayer, squirrel, stage, stair, stapler, \
    stick, sticky note, stone, stool, stove, straw, stretcher, sun, sunglass, sunshade, surveillance camera, swan, \
    sweeper, swim ring, swimming pool, swing, switch, table, tableware, tank, tap, tape, tarp, telephone, telephone \
    booth, tent, tire, toaster, toilet, tong, tool, toothbrush, towel, toy, toy car, track, train, trampoline, trash \
    bin, tray, tree, tricycle, tripod, trophy, truck, tube, turtle, tvmonitor, tweezers, typewriter, umbrella, \
    unknown, vacuum cleaner, vending machine, video camera, video game console, video player, video tape, violin, \
    wakeboard, wall, wallet, wardrobe, washing machine, watch, water, water dispenser, water pipe, water skate board, \
    watermelon, whale, wharf, wheel, wheelchair, window, window blinds, wineglass, wire, wood, wool
    """.split(separator: ", ").map(String.init))
}

/// A matrix of whole numbers in a MATLAB v5 file, compressed or not, of any numeric class.
package struct MATLABMatrix: Equatable {
  package let rows: Int
  package let columns: Int
  /// `rows * columns` numbers from 0 to 65534, row by row.
  package let values: [UInt16]

  /// Reads the variable `name`.
  ///
  /// Throws for a file of another kind or version, a damaged one, one without the variable, for a variable that is no
  /// matrix of real numbers or has more than 2^24, and for numbers that are not whole or outside 0 to 65534.
  package init(contentsOf path: String, variable name: String) throws(FileError) {
    let data = try InputFile.read(path)
    var (rows, columns) = (0, 0)
    try MATLABMatrix.call(path, name) { message in
      data.withUnsafeBytes { cmatio_check($0.baseAddress, $0.count, name, &rows, &columns, message) }
    }
    var stored = [UInt16](repeating: 0, count: rows * columns)
    var stray = 0.0
    try MATLABMatrix.call(path, name) { message in
      cmatio_read(path, name, &stored, stored.count, &stray, message)
    }
    (self.rows, self.columns) = (rows, columns)
    values = MATLABMatrix.rowByRow(stored, rows, columns)
    if let element = stored.firstIndex(of: UInt16(CMATIO_STRAY)) {
      throw .invalid(
        path,
        "has the value \(MATLABMatrix.text(stray)) in row \(element % rows), column \(element / rows) of \(name); "
          + "a label is a whole number of at least 0")
    }
  }

  private static func rowByRow(_ stored: [UInt16], _ rows: Int, _ columns: Int) -> [UInt16] {
    [UInt16](unsafeUninitializedCapacity: stored.count) { values, initialized in
      stored.withUnsafeBufferPointer { stored in
        for row in 0..<rows {
          for column in 0..<columns { values[row * columns + column] = stored[column * rows + row] }
        }
      }
      initialized = stored.count
    }
  }

  /// Whole numbers without the ".0" that Swift writes.
  private static func text(_ value: Double) -> String { String(format: "%g", value) }

  private static func call(
    _ path: String, _ name: String, _ body: (UnsafeMutablePointer<CChar>?) -> CMatIOStatus
  ) throws(FileError) {
    var message = [CChar](repeating: 0, count: Int(CMATIO_MESSAGE_SIZE))
    let status = message.withUnsafeMutableBufferPointer { body($0.baseAddress) }
    let found = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    switch status {
    case CMATIO_OK: return
    case CMATIO_OTHER_FORMAT:
      throw .invalid(path, "\(found); one of version 5 was expected, as MATLAB saves with -v7 or -v6")
    case CMATIO_NO_VARIABLE: throw .invalid(path, "holds no variable \(name), which the labels are expected in")
    case CMATIO_NO_MATRIX:
      throw .invalid(path, "\(found), a matrix \(name) of real numbers was expected; save it alone")
    case CMATIO_CUT_SHORT: throw .invalid(path, "is cut short; copy or download it again")
    case CMATIO_NO_MEMORY: throw FileError(path, .inaccessible, "needs more memory than there is to be read")
    default: throw .invalid(path, "is damaged: \(found); copy or download it again")
    }
  }
}

// swift-tools-version: 6.1
import Foundation
import PackageDescription

/// LibTorch: `LIBTORCH` names an installation with `include/` and `lib/`; otherwise the one that Scripts/setup made.
let libtorch = Context.environment["LIBTORCH"] ?? "\(Context.packageDirectory)/.libtorch/torch"

/// Where NCCL's and CUDA's headers are, for several processes on CUDA; empty where LibTorch is one for the CPU, or
/// where headers are missing.
let nccl: [String] = {
  let environment = Context.environment
  let toolkits = [environment["CUDA_HOME"], "/usr/local/cuda"].compactMap { $0.map { "\($0)/include" } }
  let places = toolkits + [environment["NCCL_HOME"].map { "\($0)/include" } ?? "/usr/include"]
  func place(_ header: String) -> String? {
    places.first { FileManager.default.fileExists(atPath: "\($0)/\(header)") }
  }
  guard FileManager.default.fileExists(atPath: "\(libtorch)/lib/libtorch_cuda.so"),
    let cuda = place("cuda_runtime.h"), let nccl = place("nccl.h")
  else { return [] }
  return [cuda, nccl]
}()

/// `make check` sets this; warnings in our own targets are then errors.
let strict = Context.environment["BLPSEG_STRICT"] != nil

/// Where the program looks for LibTorch when it starts. `make dist` sets BLPSEG_DIST: its launcher tells the loader.
let runPath =
  Context.environment["BLPSEG_DIST"] == nil ? ["-Xlinker", "-rpath", "-Xlinker", "\(libtorch)/lib"] : []

let torchFlags = ["-O2"] + includes(["\(libtorch)/include", "\(libtorch)/include/torch/csrc/api/include"])
let ncclFlags = nccl.isEmpty ? [] : includes(nccl) + ["-DBLPSEG_NCCL"]
let ncclLibraries: [LinkerSetting] = nccl.isEmpty ? [] : [.linkedLibrary("torch_cuda")]
let strictFlags = strict ? ["-Wall", "-Wextra", "-Werror"] : []

func includes(_ folders: [String]) -> [String] { folders.flatMap { ["-isystem", $0] } }

let swift: [SwiftSetting] =
  [.enableUpcomingFeature("ExistentialAny")] + (strict ? [.unsafeFlags(["-warnings-as-errors"])] : [])

let parser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swift)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies + ["TestSupport"], exclude: exclude, swiftSettings: swift)
}

let package = Package(
  name: "blpseg",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "blpseg", targets: ["blpseg"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
  ],
  targets: [
    // System libraries
    .target(name: "CJPEG", linkerSettings: [.linkedLibrary("jpeg")]),
    .target(name: "CPNG", linkerSettings: [.linkedLibrary("png")]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
    .target(name: "CMatIO", dependencies: ["CZlib"], linkerSettings: [.linkedLibrary("matio")]),
    .target(
      name: "CLibTorch", cxxSettings: [.unsafeFlags(torchFlags + ncclFlags + strictFlags)],
      linkerSettings: [
        .unsafeFlags(["-L\(libtorch)/lib"] + runPath),
        .linkedLibrary("torch_cpu"), .linkedLibrary("c10"),
      ] + ncclLibraries),

    // Data flows down this list
    module("Files", []),
    module("Concurrency", []),
    module("Tensors", ["CLibTorch"]),
    module("Processes", ["Tensors", "CLibTorch", "Concurrency"]),
    module("Layers", ["Processes", "Tensors"]),
    module("Checkpoints", ["Tensors", "Files", "CZlib"]),
    module("Images", ["Files", "CJPEG", "CPNG"]),
    module("Scribbles", ["Images", "Files", "CExpat"]),
    module("Datasets", ["Scribbles", "Images", "Files", "Concurrency", "CMatIO"]),
    module("Preparation", ["Datasets", "Scribbles", "Images", "Files", "Concurrency"]),
    module("Batches", ["Datasets", "Images", "Tensors", "Files", "Concurrency"]),
    module("Networks", ["Layers", "Processes", "Tensors"]),
    module("Losses", ["Tensors"]),
    module("DenseCRF", ["Images", "Concurrency"]),
    module("Evaluation", ["Images", "Files"]),
    .target(
      name: "TensorBoard", dependencies: ["Images", "Files", protobuf], exclude: ["Protos/Event.proto"],
      swiftSettings: swift),
    module("Prediction", ["Networks", "Layers", "Batches", "DenseCRF", "Images", "Tensors"]),
    module(
      "Training",
      [
        "Batches", "Networks", "Layers", "Losses", "Checkpoints", "TensorBoard", "Images", "Processes",
        "Tensors", "Files",
      ]),
    module(
      "Experiments",
      [
        "Training", "Prediction", "Preparation", "Evaluation", "DenseCRF", "Networks", "Layers",
        "Checkpoints", "Batches", "Datasets", "Scribbles", "Images", "Processes", "Tensors", "Losses", "Files",
        "Concurrency", yams,
      ]),
    .executableTarget(
      name: "blpseg",
      dependencies: [
        "Experiments", "Prediction", "Preparation", "Evaluation", "Processes", "Training", "Datasets", "Files",
        "Tensors", parser,
      ],
      swiftSettings: swift),

    .executableTarget(
      name: "benchmarks",
      dependencies: [
        "Training", "Prediction", "DenseCRF", "Networks", "Layers", "Batches", "Datasets", "Scribbles", "Images",
        "Evaluation", "Tensors", "Files", parser,
      ],
      path: "Benchmarks/benchmarks", swiftSettings: swift),

    // Damaged files for every reader
    .target(
      name: "Fuzzing",
      dependencies: [
        "Batches", "Checkpoints", "Datasets", "Evaluation", "Experiments", "Files", "Images", "Scribbles", "Training",
      ],
      path: "Fuzz/Fuzzing", swiftSettings: swift),
    .executableTarget(
      name: "fuzz", dependencies: ["Fuzzing", parser], path: "Fuzz/fuzz", swiftSettings: swift),

    // Tests
    .target(
      name: "TestSupport", dependencies: ["Networks", "Layers", "Processes", "Tensors"], path: "Tests/TestSupport",
      swiftSettings: swift),
    tests("FilesTests", ["Files"]),
    tests("ConcurrencyTests", ["Concurrency"]),
    tests("TensorsTests", ["Tensors"]),
    tests("ProcessesTests", ["Processes", "Layers", "Tensors"]),
    tests("LayersTests", ["Layers", "Tensors"]),
    tests("CheckpointsTests", ["Batches", "Checkpoints", "Tensors", "Files"]),
    tests("ImagesTests", ["Images", "Files"]),
    tests("ScribblesTests", ["Scribbles", "Images", "Files"]),
    tests("DatasetsTests", ["Datasets", "Scribbles", "Images", "Files"]),
    tests("PreparationTests", ["Preparation", "Datasets", "Scribbles", "Images", "Files"]),
    tests("BatchesTests", ["Batches", "Datasets", "Images", "Tensors", "Files", "Concurrency"]),
    tests("NetworksTests", ["Networks", "Layers", "Losses", "Checkpoints", "Tensors"]),
    tests("LossesTests", ["Losses", "Tensors"]),
    tests("DenseCRFTests", ["DenseCRF", "Images"]),
    tests("EvaluationTests", ["Evaluation", "Images", "Files"]),
    tests("TensorBoardTests", ["TensorBoard", "Images", "Files"]),
    tests(
      "PredictionTests",
      ["Prediction", "DenseCRF", "Networks", "Layers", "Batches", "Images", "Checkpoints", "Tensors"]),
    tests(
      "TrainingTests",
      [
        "Training", "Batches", "Datasets", "Images", "Networks", "Layers", "Losses", "Checkpoints", "Processes",
        "Tensors", "Files",
      ]),
    tests(
      "ExperimentsTests",
      ["Experiments", "Training", "Preparation", "Datasets", "Images", "Tensors", "Files"]),
    tests("FuzzTests", ["Fuzzing"]),
    tests("DocsTests", ["blpseg", "Experiments", "Files", parser]),
    tests(
      "EndToEndTests", ["blpseg", "Images", "Evaluation", "Checkpoints", "Tensors", "Files", parser],
      exclude: ["Snapshots"]),
    .testTarget(
      name: "InteropTests",
      dependencies: [
        "blpseg", "TensorBoard", "DenseCRF", "Datasets", "Checkpoints", "Images", "Tensors", "Files", "TestSupport",
      ],
      exclude: ["Peers"], swiftSettings: swift),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx20
)

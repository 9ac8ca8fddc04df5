// swift-tools-version: 6.1
import Foundation
import PackageDescription

/// LibTorch: `LIBTORCH` names an installation with `include/` and `lib/`; otherwise the one that Scripts/setup made.
let libtorch = Context.environment["LIBTORCH"] ?? "\(Context.packageDirectory)/.libtorch/torch"

/// Where CUDA's and NCCL's headers are, for CUDA graphs and several processes on CUDA; empty where LibTorch is one for the CPU,
/// or where headers are missing.
let cudaHeaders: [String] = {
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

/// Where the program looks for LibTorch when it starts. `make dist` sets BLPSEG_DIST: its launcher tells the loader, and the
/// variable names an object file that the program is linked with.
let runPath = Context.environment["BLPSEG_DIST"].map { [$0] } ?? ["-Xlinker", "-rpath", "-Xlinker", "\(libtorch)/lib"]

let torchFlags = ["-O2"] + includes(["\(libtorch)/include", "\(libtorch)/include/torch/csrc/api/include"])
let cudaFlags = cudaHeaders.isEmpty ? [] : includes(cudaHeaders) + ["-DBLPSEG_CUDA"]
let cudaLibraries: [LinkerSetting] = cudaHeaders.isEmpty ? [] : ["torch_cuda", "c10_cuda"].map { .linkedLibrary($0) }
let strictFlags = strict ? ["-Wall", "-Wextra", "-Werror"] : []

func includes(_ folders: [String]) -> [String] { folders.flatMap { ["-isystem", $0] } }

/// A folder into which the compiler writes an index of all targets but tests, for Scripts/check-imports. Those of tests are
/// indexed by SwiftPM, which finds tests so.
let index = Context.environment["BLPSEG_INDEX"]

let swift: [SwiftSetting] =
  [.enableUpcomingFeature("ExistentialAny")] + (strict ? [.unsafeFlags(["-warnings-as-errors"])] : [])
let indexed: [SwiftSetting] =
  swift + (index.map { [.unsafeFlags(["-index-store-path", $0, "-index-ignore-system-modules"])] } ?? [])

let parser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: indexed)
}

/// `support` names what the tests use beside the modules that they test.
func tests(
  _ name: String, _ dependencies: [Target.Dependency], support: [Target.Dependency] = ["TestSupport"],
  exclude: [String] = []
) -> Target {
  .testTarget(name: name, dependencies: dependencies + support, exclude: exclude, swiftSettings: swift)
}

let package = Package(
  name: "blpseg",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "blpseg", targets: ["blpseg"]),
    .library(name: "BLPSegKit", targets: ["BLPSegKit"]),
  ],
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
    .target(name: "CKernels", cxxSettings: [.unsafeFlags(["-O2"] + strictFlags)]),
    .target(
      name: "CLibTorch", dependencies: ["CKernels"],
      cxxSettings: [.unsafeFlags(torchFlags + cudaFlags + strictFlags)],
      linkerSettings: [
        .unsafeFlags(["-L\(libtorch)/lib"] + runPath),
        .linkedLibrary("torch_cpu"), .linkedLibrary("c10"),
      ] + cudaLibraries),

    // Data flows down this list
    module("Files", []),
    module("Concurrency", []),
    module("Tensors", ["CLibTorch"]),
    module("Layers", ["Tensors"]),
    module("Processes", ["Layers", "Tensors", "CLibTorch", "Concurrency"]),
    module("Checkpoints", ["Tensors", "Files", "CZlib"]),
    module("Images", ["Files", "CJPEG", "CPNG"]),
    module("Annotations", ["Images", "Files", "CExpat"]),
    module("Datasets", ["Annotations", "Images", "Files", "CMatIO"]),
    module("Preparation", ["Datasets", "Annotations", "Images", "Files", "Concurrency"]),
    module("Batches", ["Datasets", "Images", "Tensors", "Files", "Concurrency"]),
    module("Networks", ["Layers", "Images", "Tensors"]),
    module("CRF", ["Images", "Concurrency"]),
    module("Losses", ["CRF", "Images", "Tensors"]),
    module("Evaluation", ["Images", "Files"]),
    module("Reports", ["Evaluation", "Images", "Files"]),
    .target(
      name: "TensorBoard", dependencies: ["Images", "Files", protobuf], exclude: ["Protos/Event.proto"],
      swiftSettings: indexed),
    module("Prediction", ["Networks", "Batches", "CRF", "Images", "Tensors"]),
    module(
      "Training",
      [
        "Batches", "Networks", "Layers", "Losses", "Checkpoints", "TensorBoard", "Images", "Processes",
        "Tensors", "Files",
      ]),
    module("Fitting", ["Training", "Networks", "Layers", "Batches", "Images", "Tensors"]),
    module(
      "Settings",
      [
        "Fitting", "Training", "Losses", "Networks", "Batches", "Datasets", "CRF", "Images", "Tensors", "Files", yams,
      ]),
    module(
      "Models",
      [
        "Settings", "Training", "Networks", "Layers", "Checkpoints", "Datasets", "Images", "Tensors", "Files",
      ]),
    module(
      "Experiments",
      [
        "Models", "Settings", "Fitting", "Training", "Prediction", "Preparation", "Reports", "Evaluation", "Networks",
        "Checkpoints", "Batches", "Datasets", "Images", "Processes", "Tensors", "Losses", "Files",
        "Concurrency",
      ]),
    module(
      "BLPSegKit",
      [
        "Experiments", "Models", "Settings", "Fitting", "Training", "Prediction", "Networks", "Losses", "Evaluation",
        "CRF", "Batches", "Datasets", "Images", "Layers", "Tensors", "Files",
      ]),
    module(
      "DeviceChecks",
      [
        "Training", "Prediction", "Networks", "Layers", "Losses", "Checkpoints", "Batches", "Datasets", "Images",
        "Tensors", "Files",
      ]),
    .executableTarget(
      name: "blpseg",
      dependencies: [
        "DeviceChecks", "Experiments", "Models", "Settings", "Prediction", "Preparation", "Reports", "Evaluation",
        "Processes",
        "Training", "Datasets", "Annotations", "Images", "Files", "Tensors", parser,
      ],
      swiftSettings: indexed),

    .executableTarget(
      name: "benchmarks",
      dependencies: [
        "DeviceChecks", "Training", "Prediction", "CRF", "Networks", "Batches", "Datasets", "Annotations", "Images",
        "Reports", "Tensors", "Files", parser,
      ],
      path: "Benchmarks/benchmarks", swiftSettings: indexed),

    // Damaged files for every reader
    .target(
      name: "Fuzzing",
      dependencies: [
        "Annotations", "Batches", "Checkpoints", "Datasets", "Evaluation", "Files", "Images", "Models",
        "Settings", "Training",
      ],
      path: "Fuzz/Fuzzing", swiftSettings: indexed),
    .executableTarget(
      name: "fuzz", dependencies: ["Fuzzing", parser], path: "Fuzz/fuzz", swiftSettings: indexed),

    // Tests. What they share is in targets of its own, so that tests of files link no image library and no LibTorch.
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: swift),
    .target(name: "TestImages", dependencies: ["Images"], path: "Tests/TestImages", swiftSettings: swift),
    .target(
      name: "TestNetworks", dependencies: ["Networks", "Layers", "Processes", "Tensors", "TestSupport", "CLibTorch"],
      path: "Tests/TestNetworks", swiftSettings: swift),
    .target(
      name: "TestEvaluation", dependencies: ["Evaluation", "Images"], path: "Tests/TestEvaluation",
      swiftSettings: swift),
    .target(
      name: "TestDatasets", dependencies: ["Datasets", "Images", "TestSupport"], path: "Tests/TestDatasets",
      swiftSettings: swift),
    tests("FilesTests", ["Files"]),
    tests("ConcurrencyTests", ["Concurrency"], support: []),
    .target(
      name: "KernelChecks", dependencies: ["CKernels"], path: "Tests/KernelChecks", exclude: ["main.cpp"],
      cxxSettings: [.headerSearchPath("../../Sources/CKernels"), .unsafeFlags(["-O2"] + strictFlags)]),
    .testTarget(name: "CKernelsTests", dependencies: ["KernelChecks"], swiftSettings: swift),
    tests("TensorsTests", ["Tensors"], support: ["TestNetworks", "TestSupport"]),
    tests("ProcessesTests", ["Processes", "Layers", "Tensors"], support: ["TestNetworks", "TestSupport"]),
    tests("LayersTests", ["Layers", "Tensors"], support: ["TestNetworks", "TestSupport"]),
    tests("CheckpointsTests", ["Batches", "Checkpoints", "Tensors", "Files"]),
    tests("ImagesTests", ["Images", "Files"], support: ["TestImages", "TestSupport"]),
    tests("AnnotationsTests", ["Annotations", "Images", "Files"]),
    tests("DatasetsTests", ["Datasets", "Images", "Files"], support: ["TestDatasets", "TestSupport"]),
    tests(
      "PreparationTests", ["Preparation", "Datasets", "Images", "Files"], support: ["TestDatasets", "TestSupport"]),
    tests(
      "BatchesTests", ["Batches", "Datasets", "Images", "Tensors", "Files", "Concurrency"],
      support: ["TestImages", "TestSupport"]),
    tests(
      "NetworksTests", ["Networks", "Layers", "Losses", "Checkpoints", "Tensors"],
      support: ["TestNetworks", "TestSupport"]),
    tests("LossesTests", ["Losses", "Images", "Tensors"], support: ["TestNetworks", "TestSupport"]),
    tests("CRFTests", ["CRF", "Images"]),
    tests("EvaluationTests", ["Evaluation", "Images", "Files"], support: ["TestEvaluation", "TestSupport"]),
    tests("ReportsTests", ["Reports", "Evaluation", "Images", "Files"], support: ["TestEvaluation", "TestSupport"]),
    tests("TensorBoardTests", ["TensorBoard", "Images", "Files"]),
    tests(
      "PredictionTests", ["Prediction", "CRF", "Networks", "Layers", "Batches", "Images", "Tensors"],
      support: ["TestNetworks", "TestImages", "TestSupport"]),
    tests(
      "TrainingTests",
      [
        "Training", "Batches", "Datasets", "Images", "Networks", "Layers", "Losses", "Checkpoints", "Processes",
        "Tensors", "Files",
      ], support: ["TestNetworks", "TestSupport"]),
    tests("FittingTests", ["Fitting", "Networks", "Layers", "Checkpoints", "Images", "Tensors"]),
    tests("SettingsTests", ["Settings", "Datasets", "Files"]),
    tests("ModelsTests", ["Models", "Networks", "Layers", "Checkpoints", "Tensors", "Files"]),
    tests(
      "ExperimentsTests",
      ["Experiments", "Settings", "Training", "Preparation", "Images", "Tensors", "Files"]),
    tests("FuzzTests", ["Fuzzing"], support: []),
    tests("DocsTests", ["blpseg", "Experiments", "Files", parser]),
    tests(
      "EndToEndTests", ["blpseg", "Images", "Reports", "Evaluation", "Checkpoints", "Tensors", "Files", parser],
      support: ["TestNetworks", "TestSupport"], exclude: ["Snapshots"]),
    .testTarget(
      name: "InteropTests",
      dependencies: [
        "blpseg", "TensorBoard", "CRF", "Datasets", "Checkpoints", "Images", "Tensors", "Files", "TestImages",
        "TestSupport",
      ],
      exclude: ["Peers"], swiftSettings: swift),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx20
)

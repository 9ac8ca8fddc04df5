// swift-tools-version: 6.1
import PackageDescription

// A package of somebody else that uses the library by path; Scripts/test-library builds and runs it.
let package = Package(
  name: "client",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "blpseg", path: "../..")],
  targets: [
    .executableTarget(name: "client", dependencies: [.product(name: "BLPSegKit", package: "blpseg")]),
    .executableTarget(name: "loop", dependencies: [.product(name: "BLPSegKit", package: "blpseg")]),
  ]
)

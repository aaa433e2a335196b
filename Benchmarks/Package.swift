// swift-tools-version: 6.2

import PackageDescription

// A package of its own, so that nobody who depends on Plumbline builds it.
let package = Package(
  name: "benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "plumbline", path: "..")],
  targets: [
    .executableTarget(
      name: "kernels", dependencies: [.product(name: "Plumbline", package: "plumbline")],
      path: "Kernels", swiftSettings: [.swiftLanguageMode(.v6)])
  ]
)

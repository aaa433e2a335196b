// swift-tools-version: 6.2

import PackageDescription

/// Settings of every Swift target: Swift 6 mode, and unsafe code named where it stands.
let settings: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
  ] + (Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)])

/// Kernels are optimised in debug builds too, or tests on real shapes would crawl.
let kernelSettings: [CSetting] = [.unsafeFlags(["-O3"], .when(configuration: .debug))]

/// What a report's page is made of beside its data: style, script, and the forms of its charts.
let reportResources: [Resource] = [
  .embedInCode("Pages/page.css"), .embedInCode("Pages/page.js"),
  .embedInCode("Charts/causal.vl.json"), .embedInCode("Charts/confusion.vl.json"),
  .embedInCode("Charts/depth-curve.vl.json"), .embedInCode("Charts/headlines.vl.json"),
  .embedInCode("Charts/heat-map.vl.json"), .embedInCode("Charts/layer-curve.vl.json"),
  .embedInCode("Charts/layer-map.vl.json"),
  .embedInCode("Charts/module-map.vl.json"), .embedInCode("Charts/move-curve.vl.json"),
  .embedInCode("Charts/permutation-null.vl.json"), .embedInCode("Charts/range-bars.vl.json"),
  .embedInCode("Charts/reliability.vl.json"), .embedInCode("Charts/roc.vl.json"),
  .embedInCode("Charts/step-curve.vl.json"), .embedInCode("Charts/transfer.vl.json"),
  .embedInCode("Charts/chart-theme-dark.json"), .embedInCode("Charts/chart-theme-light.json"),
]

let package = Package(
  name: "plumbline",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "plumb", targets: ["plumb"]),
    .library(
      name: "Plumbline",
      targets: [
        "Kernels", "ModelFiles", "Tokenization", "Inference", "Activations", "Probes", "Reports",
        "Tuning", "Audit",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .systemLibrary(
      name: "COneDNN", providers: [.apt(["libdnnl-dev"]), .brew(["onednn"])]),
    .systemLibrary(
      name: "CHDF5", pkgConfig: "hdf5",
      providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .target(
      name: "CKernels", cSettings: kernelSettings,
      linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
    .target(
      name: "Kernels", dependencies: ["CKernels", "COneDNN", "COpenBLAS"], swiftSettings: settings),
    .target(
      name: "ModelFiles",
      dependencies: [
        "CKernels", "CZlib", "Kernels", .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: settings),
    .target(name: "Tokenization", dependencies: ["ModelFiles"], swiftSettings: settings),
    .target(
      name: "Inference", dependencies: ["Kernels", "ModelFiles", "Tokenization"],
      swiftSettings: settings),
    .target(
      name: "Activations",
      dependencies: ["CHDF5", "CKernels", "Inference", "Kernels", "ModelFiles", "Tokenization"],
      swiftSettings: settings),
    .target(name: "Statistics", dependencies: ["Inference"], swiftSettings: settings),
    .target(
      name: "Probes",
      dependencies: [
        "Activations", "Inference", "Kernels", "ModelFiles", "Statistics", "Tokenization",
      ],
      swiftSettings: settings),
    .target(
      name: "Tuning", dependencies: ["Inference", "Kernels", "ModelFiles", "Tokenization"],
      swiftSettings: settings),
    .target(
      name: "Audit",
      dependencies: ["Inference", "Kernels", "ModelFiles", "Statistics", "Tokenization"],
      swiftSettings: settings),
    .target(
      name: "Reports",
      dependencies: [
        "Activations", "Audit", "Inference", "ModelFiles", "Probes", "Statistics", "Tokenization",
        "Tuning",
      ],
      resources: reportResources, swiftSettings: settings),
    .executableTarget(
      name: "plumb",
      dependencies: [
        "Activations", "Audit", "Inference", "Kernels", "ModelFiles", "Probes", "Reports",
        "Tokenization", "Tuning",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: settings),

    .target(
      name: "TestSupport", dependencies: ["Inference", "Kernels", "ModelFiles", "Tokenization"],
      path: "Tests/TestSupport", swiftSettings: settings),
    .testTarget(
      name: "KernelsTests", dependencies: ["Kernels", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "ModelFilesTests", dependencies: ["ModelFiles", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "TokenizationTests", dependencies: ["Tokenization", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "InferenceTests",
      dependencies: ["Inference", "Kernels", "ModelFiles", "TestSupport", "Tokenization"],
      swiftSettings: settings),
    .testTarget(
      name: "ActivationsTests",
      dependencies: [
        "Activations", "CHDF5", "CKernels", "Inference", "Kernels", "ModelFiles", "TestSupport",
        "Tokenization",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ProbesTests",
      dependencies: ["Activations", "Inference", "Kernels", "Probes", "Reports", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "TuningTests",
      dependencies: [
        "Inference", "Kernels", "ModelFiles", "TestSupport", "Tokenization", "Tuning",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "AuditTests",
      dependencies: [
        "Audit", "Inference", "Kernels", "ModelFiles", "Reports", "Statistics", "TestSupport",
        "Tokenization",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ReportsTests",
      dependencies: [
        "Audit", "Inference", "ModelFiles", "Reports", "Statistics", "TestSupport", "Tuning",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "Activations", "Inference", "ModelFiles", "TestSupport", "Tokenization", "plumb",
      ],
      swiftSettings: settings),
  ]
)

import Kernels

/// The derivatives under way in a backward pass, `[row, width]`.
struct GradientWorkspace: ~Copyable {
  /// By the residual stream.
  var residual: FloatMatrix
  /// By the input of a module, before and after its norm.
  var branch: FloatMatrix
  var query: FloatMatrix
  var key: FloatMatrix
  var value: FloatMatrix
  var headOutput: FloatMatrix
  /// By the MLP's hidden layer.
  var hidden: FloatMatrix

  /// Makes a workspace that grows to what its passes need.
  init(for description: DecoderDescription) {
    let empty = { FloatMatrix(rows: 0, width: $0) }
    let heads = description.attention
    residual = empty(description.dModel)
    branch = empty(description.dModel)
    query = empty(heads.headCount * heads.dHead)
    key = empty(heads.keyValueHeadCount * heads.dHead)
    value = empty(heads.keyValueHeadCount * heads.dHead)
    headOutput = empty(heads.headCount * heads.dHead)
    hidden = empty(description.dMLP)
  }

  /// Makes room for rows.
  mutating func prepare(rows: Int) {
    residual.ensureRows(rows)
    branch.ensureRows(rows)
    query.ensureRows(rows)
    key.ensureRows(rows)
    value.ensureRows(rows)
    headOutput.ensureRows(rows)
    hidden.ensureRows(rows)
  }
}

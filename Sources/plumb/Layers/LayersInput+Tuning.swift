import Inference
import ModelFiles
import Probes
import Tokenization

extension LayersInput {
  /// Opens another model, refusing one whose weights cannot be compared tensor by tensor.
  func openOfSameShape(_ name: String) throws -> AdaptedModel {
    let other = try ModelOption.open(name)
    func shape(_ model: AdaptedModel) -> [Int] {
      let configuration = model.checkpoint.configuration
      return [configuration.layerCount, configuration.dModel, configuration.dMLP]
    }
    let (own, found) = (shape(model), shape(other))
    guard own == found else {
      throw CommandError.conflict(
        "The model \(ByteString(name)) has \(found[0]) layers of width \(found[1]) with MLPs of \(found[2]), "
          + "but \(ByteString(model.checkpoint.path)) has \(own[0]) of \(own[1]) with \(own[2]); choose the "
          + "model that this one was tuned from, or another tuning of it.")
    }
    return other
  }

  /// Opens a tuning of this model, refusing one whose chat template is another: prompts are rendered once, for both.
  func openTuning(_ name: String) throws -> AdaptedModel {
    let tuned = try openOfSameShape(name)
    if encoder.options.isRaw { return tuned }
    let found = try PromptEncoder(tuned.checkpoint.tokenizer, options: encoder.options).template
    guard found?.digest == origin.templateDigest else {
      throw CommandError.conflict(
        "The model \(ByteString(name)) has another chat template than \(ByteString(model.checkpoint.path)), so "
          + "prompts that suit the one do not suit the other; choose a tuning that kept the template, or give "
          + "prompts as they are with --raw.")
    }
    return tuned
  }
}

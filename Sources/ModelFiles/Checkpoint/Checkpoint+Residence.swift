extension Checkpoint {
  /// Lets the pages of a tensor go that reading it has brought into this process.
  ///
  /// They stay with the operating system as long as it has room, so that reading again is cheap.
  package func release(_ tensor: StoredTensor) {
    files[tensor.fileIndex].release(tensor.offset..<tensor.offset + tensor.byteCount)
  }

  /// Lets the operating system read a tensor's pages ahead of their use.
  package func announce(_ tensor: StoredTensor) {
    files[tensor.fileIndex].announce(tensor.offset..<tensor.offset + tensor.byteCount)
  }
}

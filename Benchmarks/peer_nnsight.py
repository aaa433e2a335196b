"""nnsight: one trace per batch that reads every block's output, then stops before the language-model head."""

import nnsight
import torch
import torch_job


class NNsight:
    def __init__(self, folder, dtype):
        self.model = nnsight.TransformersModel(
            folder, task="text-generation", dtype=dtype, dispatch=True)

    def rows(self, ids, last):
        every = torch.arange(len(ids))
        with self.model.trace(ids, use_cache=False) as tracer:
            found = nnsight.save([])
            for block in self.model.model.layers:
                found.append(block.output[every, last])
            tracer.stop()
        return torch.stack(found, dim=1)


if __name__ == "__main__":
    torch_job.run(NNsight)

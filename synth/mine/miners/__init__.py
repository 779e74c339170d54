"""The kinds of sample that are mined, a file each or a few that belong together.

A kind is a public function that takes a `Document` and gives an iterator of samples; one that takes `samples` as well
is made of what the others found. Nothing is registered: `synth.mine.kinds()` finds them here.
"""

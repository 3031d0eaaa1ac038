// Package safetensors reads and writes safetensors files: named tensors and a
// map of strings, and nothing that could be executed.
//
// A file is the length of its header (eight bytes, little endian), the header
// (a JSON object), and the data of the tensors without gaps. [Open] and [Read]
// check the whole header against the size of the file before anything is sized
// by it, and then read one tensor at a time; every error names the file and the
// tensor, and what was expected and found. [Write] is deterministic: equal
// entries and metadata give equal bytes. [WriteFile] replaces a file whole or
// not at all.
//
// The package transposes nothing: a file in PyTorch's order is transposed by
// the caller.
//
// Format: https://huggingface.co/docs/safetensors, "Format".
package safetensors

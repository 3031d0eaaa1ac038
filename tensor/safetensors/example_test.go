package safetensors_test

import (
	"bytes"
	"fmt"
	"log"

	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/safetensors"
)

func Example() {
	var b bytes.Buffer
	err := safetensors.Write(&b, map[string]string{"phi": "0.5"},
		safetensors.FromTensor("theta", tensor.From([]float32{1, 2, 3, 4, 5, 6}, 2, 3)),
		safetensors.FromInt64s("step", []int64{1200}))
	if err != nil {
		log.Fatal(err)
	}

	f, err := safetensors.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		log.Fatal(err)
	}
	theta, err := f.Tensor("theta")
	fmt.Println(f.Names(), f.Metadata)
	fmt.Println(theta, err)
	_, err = f.Int64s("theta")
	fmt.Println(err)
	// Output:
	// [step theta] map[phi:0.5]
	// [2 3] [[1 2 3] [4 5 6]] <nil>
	// safetensors: tensor "theta": expected one of [I64 I32 I16 I8 U32 U16 U8 BOOL], found F32
}

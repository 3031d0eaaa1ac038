package result_test

import (
	"fmt"
	"strings"

	"github.com/sshn-go/sshn/examples/internal/result"
)

func Example() {
	f, err := result.Read(strings.NewReader(`{"study": {"data": "cells", "structures": ["Cytoplasm", "Nucleus"]}}
{"network": "sshn seed 1", "method": "sshn", "seed": 1, "hi": 0.5, "phi": [0.3], "subjects": ["001", "002"], "dice": [[0.9, 0.8], [null, 0.7]]}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	l := f.Lines[0]
	fmt.Printf("%s at phi %v: Dice %.3f over %d subjects\n", l.Method, l.Phi, l.Mean(), len(l.Subjects))
	// Output: sshn at phi 0.3: Dice 0.775 over 2 subjects
}

package report_test

import (
	"fmt"
	"strings"

	"github.com/sshn-go/sshn/examples/internal/report"
	"github.com/sshn-go/sshn/examples/internal/result"
)

func Example() {
	f, err := result.Read(strings.NewReader(`{"study": {"data": "cells", "structures": ["Nucleus"], "test": 2}}
{"network": "fixed 0.2", "method": "fixed", "seed": 1, "lo": 0.2, "hi": 0.2, "phi": 0.2, "subjects": ["a", "b"], "dice": [[0.8], [0.82]], "macs": 20000000, "train_s": 60}
{"network": "fixed 0.4", "method": "fixed", "seed": 1, "lo": 0.4, "hi": 0.4, "phi": 0.4, "subjects": ["a", "b"], "dice": [[0.9], [0.88]], "macs": 80000000, "train_s": 70}
{"network": "sshn", "method": "sshn", "seed": 1, "lo": 0.1, "hi": 0.5, "phi": 0.2, "subjects": ["a", "b"], "dice": [[0.81], [0.82]], "macs": 20000000, "train_s": 110}
{"network": "sshn", "method": "sshn", "seed": 1, "lo": 0.1, "hi": 0.5, "phi": 0.4, "subjects": ["a", "b"], "dice": [[0.9], [0.87]], "macs": 80000000, "train_s": 110}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	var page strings.Builder
	if err := report.Write(&page, f, report.Options{Title: "Cells"}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Contains(page.String(), "<h1>Cells</h1>"))
	fmt.Println(strings.SplitAfter(report.Table(f), "|\n\n")[0])
	// Output:
	// true
	// | method | networks | training time | Dice at phi 0.2 | 0.4 | hypervolume |
	// |---|---:|---:|---:|---:|---:|
	// | Fixed | 2 | 2.2 min | 0.810 | 0.890 | 0.633 |
	// | SSHN | 1 | 110.0 s | 0.815 | 0.885 | 0.636 |
}

package hyper

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sshn-go/sshn/autograd/optest"
	"github.com/sshn-go/sshn/nn"
)

// The definition: for each row of v theta0, and on each parameter that varies its
// columns of v.
func columnsTable() (table []optest.Case) {
	layout := primary()
	for i, prefix := range []string{"", "encoder.", "encoder.bias", "decoder.", "none"} {
		rows := 1 + i%3
		c := varying(layout, func(p nn.Param) bool { return strings.HasPrefix(p.Name, prefix) })
		table = append(table, optest.Case{
			Name:   fmt.Sprintf("columns/%q/rows=%d", prefix, rows),
			Op:     c,
			In:     optest.Shapes([]int{c.len}, []int{rows, c.width}),
			Linear: []int{0, 1},
			Reference: func(in [][]float64) []float64 {
				v := in[1]
				var all []float64
				for range rows {
					theta := append([]float64(nil), in[0]...)
					for p := range layout.Params() {
						for i := range p.Shape.Len() {
							if strings.HasPrefix(p.Name, prefix) {
								theta[p.Offset+i] += v[0]
								v = v[1:]
							}
						}
					}
					all = append(all, theta...)
				}
				return all
			},
		})
	}
	big := nn.NewLayout()
	b := big.Builder(1)
	b.Param("fixed", nn.Zeros, 100_000)
	b.Param("varies", nn.Zeros, 900_000)
	c := varying(big, func(p nn.Param) bool { return p.Name == "varies" })
	return append(table, optest.Case{Name: "columns/theta=1000000/varying=900000", Op: c, Linear: []int{0, 1},
		In: optest.Shapes([]int{c.len}, []int{1, c.width}), Bench: optest.Shapes([]int{c.len}, []int{1, c.width})})
}

func TestColumnsAreTheirDefinition(t *testing.T) { optest.Run(t, columnsTable()[:5]) }

func BenchmarkColumns(b *testing.B) { optest.Bench(b, columnsTable()) }

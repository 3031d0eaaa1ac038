package hyper

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sshn-go/sshn/internal/optest"
	"github.com/sshn-go/sshn/nn"
)

// The definition: theta0, and on each parameter that varies its columns of v.
func columnsTable() (table []optest.Case) {
	layout := primary()
	for _, prefix := range []string{"", "encoder.", "encoder.bias", "decoder.", "none"} {
		c := varying(layout, func(p nn.Param) bool { return strings.HasPrefix(p.Name, prefix) })
		table = append(table, optest.Case{
			Name:   fmt.Sprintf("columns/%q", prefix),
			Op:     c,
			In:     optest.Shapes([]int{c.len}, []int{1, c.width}),
			Linear: []int{0, 1},
			Reference: func(in [][]float64) []float64 {
				theta, v := append([]float64(nil), in[0]...), in[1]
				for p := range layout.Params() {
					for i := range p.Shape.Len() {
						if strings.HasPrefix(p.Name, prefix) {
							theta[p.Offset+i] += v[0]
							v = v[1:]
						}
					}
				}
				return theta
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

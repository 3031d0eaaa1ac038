package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/pareto"
	"github.com/stretchr/testify/require"
)

func TestStructuresOfFewElementsAreLeftOutAndNamed(t *testing.T) {
	structure := func(name string, elements int64, dice ...float64) sshn.Structure {
		return sshn.Structure{Label: sshn.Label{Name: name}, Elements: elements, Dice: dice}
	}
	var r result
	r.Curve, r.Small = large(sshn.Curve{
		Points: []pareto.Point{{Phi: pareto.Phi{0.1}}, {Phi: pareto.Phi{0.25}}},
		Structures: []sshn.Structure{
			structure("Cortex", 4000, 0.5, 0.75), structure("Choroid-Plexus", 99, 1, 1),
			structure("Putamen", 100, 0.25, 0.5), structure("Vessel", 0),
		},
	})
	var b bytes.Buffer
	r.printStructures(console{out: &b})
	require.Equal(t, `
Dice of each structure, the mean over subjects, by phi:
structure      elements    0.1   0.25
Cortex             4000  0.500  0.750
Putamen             100  0.250  0.500
mean of these            0.375  0.625
Left out, with fewer than 100 elements in all subjects together: Choroid-Plexus, Vessel.
`, b.String())
}

func TestThatMemoryHardlyDependsOnPhiIsSaid(t *testing.T) {
	points := []pareto.Point{{Phi: pareto.Phi{0.1}, Dice: 0.5, MACs: 1, Bytes: 8e6}, {Phi: pareto.Phi{0.5}, Dice: 0.6, MACs: 2, Bytes: 9e6}}
	for most, said := range map[int64]bool{8e6: true, 9e6: true, 16e6: false} {
		points[1].Bytes = most
		choice, err := pareto.Cheapest(points, pareto.ByMACs, 0)
		require.NoError(t, err)
		var b bytes.Buffer
		require.NoError(t, result{Curve: sshn.Curve{Points: points}, Choice: choice}.print(console{out: &b}, false))
		require.Equal(t, said, strings.Contains(b.String(), "Memory hardly depends on phi (8 MB to "), b.String())
	}
}

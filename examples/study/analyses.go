package main

import (
	"fmt"
	"slices"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/examples/internal/result"
	"github.com/sshn-go/sshn/hyper"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/pareto"
)

// An analysis is a question to SSHN: what if it were trained otherwise.
type analysis struct {
	name, about string // about follows "SSHN"
	variants    func(*options) []variant
}

type variant struct {
	name   string
	change func(*network)
}

// transfer is the analysis that trains nothing: it uses the weights for one phi
// at another.
const transfer = "transfer"

// analyses are those of the paper, section 4 and appendix, then ours: sampling,
// axes, range and scale.
var analyses = []analysis{
	{"prior", "trained for exactly the range of phi, and for narrower middles of it", func(o *options) []variant {
		var all []variant
		for _, share := range [][2]float64{{0, 1}, {0.2, 0.8}, {0.4, 0.6}} {
			lo, hi := round(share[0]*o.hi()), round(share[1]*o.hi())
			all = append(all, variant{fmt.Sprintf("%v-%v", lo, hi), func(n *network) { n.cfg.Prior = hyper.Uniform(lo, hi) }})
		}
		return all
	}},
	{transfer, "with the weights for one phi used at another; trains nothing", func(*options) []variant { return nil }},
	{"density", "trained for phis whose maps have areas that are uniform", func(o *options) []variant {
		return []variant{{"area-uniform", func(n *network) { n.cfg.Prior = hyper.AreaUniform(0, o.hi(), 2).Beyond(result.Margin) }}}
	}},
	{"levels", "with a phi for each level", func(o *options) []variant {
		return []variant{{"phi-each", func(n *network) {
			n.cfg.Phi = sshn.PerLevel
			count := max(o.settings.levels-1, 1)
			n.repeat(count)
			if count == 1 {
				return // one number: these are there already
			}
			for i := range count { // which level is best shrunk less?
				at := slices.Repeat(phi(o.hi()/2), count)
				at[i] = o.hi()
				n.places = append(n.places, place{at: at})
			}
		}}}
	}},
	{"norm", "with another norm, or none", func(o *options) []variant {
		var all []variant
		for _, norm := range []unet.Norm{unet.NoNorm, unet.InstanceNorm} {
			if norm != unet.Norm(o.settings.norm) {
				all = append(all, variant{string(norm), func(n *network) { n.cfg.Network.Norm = norm }})
			}
		}
		return all
	}},
	{"encoding", "given phi as a point of a circle", func(*options) []variant {
		return []variant{{"circle", func(n *network) { n.cfg.Hyper.Encoding.Kind = nn.Circle }}}
	}},
	{"hidden", "with hypernetworks of other widths", func(*options) []variant {
		var all []variant
		for _, widths := range [][]int{{16}, {16, 32}, {16, 64, 256}} {
			name := ""
			for i, w := range widths {
				name += []string{"", "-"}[min(i, 1)] + fmt.Sprint(w)
			}
			all = append(all, variant{name, func(n *network) { n.cfg.Hyper.Hidden = widths }})
		}
		return all
	}},
	{"sampling", "whose maps are made smaller plainly, or antialiased where the study is plain", func(o *options) []variant {
		for _, other := range samplings {
			if other != o.settings.sampling {
				return []variant{{other, func(n *network) { n.cfg.Network.Antialias = other == result.Antialiased }}}
			}
		}
		return nil
	}},
	{"axes", "with a phi for each axis", func(o *options) []variant {
		return []variant{{"phi-each", func(n *network) {
			n.cfg.Phi = sshn.PerAxis
			n.repeat(2)
			hi := o.hi()
			for _, at := range []pareto.Phi{{hi, hi / 2}, {hi / 2, hi}, {hi, hi / 5}, {hi / 5, hi}} {
				n.places = append(n.places, place{at: at})
			}
		}}}
	}},
	{"range", "trained for all of the range of phi from the first step on", func(o *options) []variant {
		if o.settings.widen == 0 {
			return nil // as it is
		}
		return []variant{{"whole-from-the-start", func(n *network) { n.widen = 0 }}}
	}},
	{"scale", "whose maps are as coarse as phi makes them (-coarsest 0)", func(o *options) []variant {
		if o.settings.coarsest == 0 {
			return nil // as it is
		}
		return []variant{{"unbounded", func(n *network) { n.cfg.Network.Coarsest = unet.Unbounded }}}
	}},
}

// names are those of the analyses.
func names() []string {
	var all []string
	for _, a := range analyses {
		all = append(all, a.name)
	}
	return all
}

// repeat gives each phi to measure at count numbers.
func (n *network) repeat(count int) {
	for i, p := range n.places {
		n.places[i].at = slices.Repeat(p.at, count)
	}
}

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/examples/internal/result"
	"github.com/sshn-go/sshn/hyper"
	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/pareto"
)

// A network is one that is to be trained, and where it is to be measured.
type network struct {
	method  string // of package result
	variant string // of an analysis
	cfg     sshn.Config
	widen   float64 // share of the training in which the range of phi grows to all of it
	places  []place
}

// A place is a phi to measure at, with the weights for another if of is set.
type place struct{ at, of pareto.Phi }

// name tells the network from all others.
func (n network) name() string {
	words := []string{n.method}
	if n.cfg.Prior.Kind == hyper.PointKind {
		words = append(words, fmt.Sprint(n.cfg.Prior.Lo))
	}
	if n.variant != "" {
		words = append(words, n.variant)
	}
	return strings.Join(append(words, "seed", fmt.Sprint(n.cfg.Seed)), " ")
}

// folder is the name as that of a folder.
func (n network) folder() string { return strings.ReplaceAll(n.name(), " ", "-") }

// plan lists the networks, seed by seed, so that a study that is stopped has
// compared all of them.
func (o *options) plan(s *set) []network {
	var all []network
	for i := range o.seeds {
		for _, m := range o.methods {
			all = append(all, o.networks(s, m, uint64(i+1))...)
		}
		for _, a := range o.analyses {
			for _, v := range analyses[slices.Index(names(), a)].variants(o) {
				n := o.settings.of(s, result.SSHN, o.prior(), uint64(i+1))
				n.variant, n.places = a+" "+v.name, o.everywhere()
				v.change(&n)
				all = append(all, n)
			}
		}
	}
	return all
}

// networks returns those of a method.
func (o *options) networks(s *set, method string, seed uint64) []network {
	phis := o.phis
	switch method {
	case result.Wide, result.Constant:
		phis = o.controls
	case result.Stochastic, result.FiLM, result.SSHN:
		n := o.settings.of(s, method, o.prior(), seed)
		n.places = o.everywhere()
		if method == result.SSHN && slices.Contains(o.analyses, transfer) {
			n.places = append(n.places, o.elsewhere()...)
		}
		return []network{n}
	}
	var all []network
	for _, x := range phis {
		n := o.settings.of(s, method, hyper.Point(x), seed)
		n.places = []place{{at: phi(x)}}
		all = append(all, n)
	}
	return all
}

// of returns a network without places.
func (c settings) of(s *set, method string, prior hyper.Prior, seed uint64) network {
	width := c.width
	if method == result.Wide {
		width = c.wide
	}
	coarsest := c.coarsest
	if coarsest == 0 {
		coarsest = unet.Unbounded
	}
	first := s.train[0]
	n := network{method: method, widen: c.widen, cfg: sshn.Config{
		Network: unet.Config{
			Dims: 2, In: first.Image.Shape.Channels(), Out: len(s.classes),
			Widths: slices.Repeat([]int{width}, c.levels), Norm: unet.Norm(c.norm), Antialias: c.sampling == result.Antialiased, Coarsest: coarsest,
		},
		Prior: prior, Labels: sshn.LabelsOf(s.classes), Seed: seed,
	}}
	n.cfg.Method = sshn.Method(method)
	switch method {
	case result.Wide:
		n.cfg.Method = sshn.Fixed
	case result.Constant:
		n.cfg.Method = sshn.SSHN // of a prior of one point
	}
	return n
}

// prior is what phi is drawn from.
func (o *options) prior() hyper.Prior { return hyper.Uniform(0, o.hi()).Beyond(result.Margin) }

// everywhere are the fixed networks' phis, those halfway between, and some
// beyond the range of training.
func (o *options) everywhere() []place {
	var all []float64
	last := 0.0
	for _, x := range o.phis {
		all = append(all, (last+x)/2, x)
		last = x
	}
	for _, share := range []float64{1.1, 1.3, 1.5, 2} {
		if x := share * o.hi(); x <= 1 {
			all = append(all, x)
		}
	}
	var places []place
	for _, x := range all {
		places = append(places, place{at: phi(round(x))})
	}
	return places
}

// round takes the dust of binary fractions off x.
func round(x float64) float64 { return float64(int(x*1e6+.5)) / 1e6 }

// elsewhere are all pairs of the fixed networks' phis.
func (o *options) elsewhere() []place {
	var all []place
	for _, of := range o.phis {
		for _, at := range o.phis {
			if of != at {
				all = append(all, place{phi(at), phi(of)})
			}
		}
	}
	return all
}

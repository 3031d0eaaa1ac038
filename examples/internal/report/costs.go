package report

import (
	"fmt"

	"github.com/sshn-go/sshn/examples/internal/result"
	"github.com/sshn-go/sshn/pareto"
)

// costs shows what training takes and what is used afterwards.
func (s *findings) costs() ([]section, error) {
	if len(s.own) == 0 || len(s.grid) == 0 {
		return nil, nil
	}
	chart, err := s.trainingChart(max(10, len(s.grid)))
	if err != nil {
		return nil, err
	}
	var one float64 // s, of a Fixed network
	if fixed := s.group(result.Fixed); fixed != nil {
		n, all := fixed.training()
		one = all / float64(n)
	}
	at := s.grid[len(s.grid)-1]
	t := table{
		Note: fmt.Sprintf("Training is that of one network, the mean over seeds and phis. Memory and latency are those of one forward pass at phi %v%s.", at, s.shared("; ")),
		Head: []string{"method", "trained parameters", "weights in use", "steps", "training", "a step", "of Fixed", "memory", "latency"},
	}
	for _, g := range s.own {
		n, seconds := g.training()
		seconds /= float64(n)
		share, step := none, none
		if one > 0 && seconds > 0 {
			share = fmt.Sprintf("%.2f ×", seconds/one)
		}
		phis := g.phis()
		m := g.at(phis[len(phis)-1])
		mean, least, most := g.steps()
		if mean > 0 {
			step = duration(seconds / mean)
		}
		steps := count(least)
		if least < most {
			steps += " to " + count(most)
		}
		used := g.at(at)
		t.Rows = append(t.Rows, []string{
			Name(g.method), count(m.params), count(m.weights), steps, duration(seconds), step, share,
			cost(pareto.ByBytes, float64(used.bytes)), cost(pareto.BySeconds, used.latency),
		})
	}
	return []section{{Title: "What training costs", Charts: chart, Tables: []table{t}}}, nil
}

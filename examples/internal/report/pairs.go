package report

import (
	"math"

	"gonum.org/v1/gonum/floats/scalar"
	"gonum.org/v1/gonum/stat"

	"github.com/sshn-go/sshn/examples/internal/result"
	"github.com/sshn-go/sshn/pareto"
)

// A comparison is of two groups at one phi.
type comparison struct {
	phi  pareto.Phi
	macs int64
	paired
	seeds               spread  // of the mean difference of a seed
	holmT, holmWilcoxon float64 // p, corrected for the number of phis
}

// compared tests a against b over subjects, at each phi of the grid where a
// seed has both.
func (s *findings) compared(a, b *group) []comparison {
	var all []comparison
	var t, w []float64
	for _, phi := range s.grid {
		bySubject, bySeed := differences(a, b, phi)
		if len(bySubject) < 2 {
			continue
		}
		c := comparison{phi: phi, macs: a.at(phi).macs, paired: testPairs(bySubject), seeds: spreadOf(bySeed)}
		all = append(all, c)
		t, w = append(t, c.t), append(w, c.wilcoxon)
	}
	t, w = holm(t), holm(w)
	for i := range all {
		all[i].holmT, all[i].holmWilcoxon = t[i], w[i]
	}
	return all
}

// differences returns the Dice of a less that of b: of each subject, the mean
// over the seeds that both have, and of each seed, the mean over subjects.
func differences(a, b *group, phi pareto.Phi) (bySubject, bySeed []float64) {
	of := map[string][]float64{} // of a subject, by seed
	var subjects []string
	for _, x := range a.lines {
		for _, y := range b.lines {
			if !x.Phi.Equal(phi) || !y.Phi.Equal(phi) || x.Seed != y.Seed {
				continue
			}
			at := map[string]float64{}
			for i, mean := range y.Means() {
				at[y.Subjects[i]] = mean
			}
			var seed []float64
			for i, mean := range x.Means() {
				other, ok := at[x.Subjects[i]]
				d := mean - other
				if !ok || math.IsNaN(d) {
					continue
				}
				subject := x.Subjects[i]
				if of[subject] == nil {
					subjects = append(subjects, subject)
				}
				of[subject] = append(of[subject], d)
				seed = append(seed, d)
			}
			if len(seed) > 0 {
				bySeed = append(bySeed, stat.Mean(seed, nil))
			}
		}
	}
	for _, subject := range subjects {
		// Differences that are equal but for rounding are ties.
		bySubject = append(bySubject, scalar.Round(stat.Mean(of[subject], nil), 12))
	}
	return bySubject, bySeed
}

// comparisons tests SSHN against those that have a network for each phi.
func (s *findings) comparisons() ([]section, error) {
	sshn := s.group(result.SSHN)
	if sshn == nil {
		return nil, nil
	}
	var tables []table
	for _, method := range []string{result.Fixed, result.Constant} {
		other := s.group(method)
		if other == nil {
			continue
		}
		t := table{
			Title: "Dice of SSHN less that of " + Name(method),
			Head:  []string{"phi", "MACs", "subjects", "difference", "95 % interval", "by seed", "p (t)", "Holm", "p (Wilcoxon)", "Holm"},
		}
		for _, c := range s.compared(sshn, other) {
			bySeed := none
			if c.seeds.n > 1 {
				bySeed = signed(c.seeds.low) + " to " + signed(c.seeds.high)
			}
			t.Rows = append(t.Rows, []string{
				c.phi.String(), cost(pareto.ByMACs, float64(c.macs)), count(c.n), signed(c.mean),
				signed(c.low) + " to " + signed(c.high), bySeed,
				pValue(c.t), pValue(c.holmT), pValue(c.wilcoxon), pValue(c.holmWilcoxon),
			})
		}
		if len(t.Rows) > 0 {
			tables = append(tables, t)
		}
	}
	if len(tables) == 0 {
		return nil, nil
	}
	return []section{{
		Title: "SSHN against a network for each phi, at equal cost",
		Text: []string{"The same primary network at the same phi costs the same. Each subject's difference is the mean over the seeds that both methods have; " +
			"the interval and p are those of Student's paired t test and of Wilcoxon's signed-rank test, exact up to 200 subjects, both two-sided. " +
			"Holm's columns correct the p beside them for the number of phis in the table. " +
			"The tests speak of other subjects, not of other seeds; the column by seed shows how far the mean difference moves with the seed."},
		Tables: tables,
	}}, nil
}

package result

import (
	"github.com/sshn-go/sshn/nn/metric"
	"github.com/sshn-go/sshn/pareto"
)

// A File is what a study found so far.
type File struct {
	Study Study
	Lines []Line // those of a network follow each other
}

// A Study says what was done, the same for all networks.
type Study struct {
	Data       string   `json:"data"`                 // which set, in a word
	Structures []string `json:"structures"`           // the classes but the background
	Extents    []int    `json:"extents"`              // of the images
	Train      int      `json:"train"`                // subjects to train on
	Val        int      `json:"val"`                  // to choose the weights by
	Test       int      `json:"test"`                 // that are reported
	Truth      string   `json:"truth_hash,omitempty"` // of the subjects of each part and their labels; empty, as before it was told: any
	Width      int      `json:"width"`                // channels of a level
	Wide       int      `json:"wide"`                 // those of the method of that name
	Levels     int      `json:"levels"`
	Norm       string   `json:"norm,omitempty"`     // after each convolution; empty, as before it was told: none
	Sampling   string   `json:"sampling,omitempty"` // how maps are made smaller, PlainSampling or Antialiased; empty, as before it was told: antialiased
	Batch      int      `json:"batch"`              // images a step
	Parts      int      `json:"phis_per_step"`      // of networks for many phis; others have as many batches
	Widen      float64  `json:"widen,omitempty"`    // share of a training in which the range of phi grows to all of it
	Coarsest   int      `json:"coarsest,omitempty"` // how many times coarser than the image a map may be; 0 is without limit
	Plain      bool     `json:"plain,omitempty"`    // without augmentation
	Steps      int      `json:"steps,omitempty"`    // of training, for each network
	Minutes    float64  `json:"minutes,omitempty"`  // of training, for each network; then nothing is reproducible
	Every      int      `json:"every,omitempty"`    // steps between validations
	Rate       float64  `json:"rate"`               // first step size
	HeadRate   float64  `json:"head_rate"`          // that of the hypernetwork's last matrix, as a share
	Processors int      `json:"processors"`         // that the times were measured on
	Machine    string   `json:"machine,omitempty"`  // what they are
}

// Margin is the share of its end by which phis beyond a range are drawn in training
// for it, but where an analysis says otherwise.
const Margin = 0.1

// Samplings are ways to make maps smaller.
const (
	PlainSampling = "plain"       // from the nearest elements alone
	Antialiased   = "antialiased" // low-passed before
)

// Methods of a study. The first four are the library's; the others are controls
// of the capacity that Fixed lacks.
const (
	Fixed      = "fixed"
	Stochastic = "stochastic"
	FiLM       = "film"
	SSHN       = "sshn"
	Wide       = "wide"     // Fixed with more channels
	Constant   = "constant" // Fixed whose weights a hypernetwork makes of a constant: as many parameters as SSHN, no phi
)

// A Line is a trained network measured at one factor.
type Line struct {
	Network string     `json:"network"`           // its name, which no other trained network has
	Method  string     `json:"method"`            // one of those above
	Variant string     `json:"variant,omitempty"` // how an analysis departs from the study, as in "prior 0.1-0.4"; empty: not at all
	Seed    uint64     `json:"seed"`
	Lo      float64    `json:"lo"` // the range of phi that it was trained for
	Hi      float64    `json:"hi"`
	Phi     pareto.Phi `json:"phi"`          // that it was measured at
	Of      pareto.Phi `json:"of,omitempty"` // that its weights were predicted for, where it is another than Phi

	Subjects []string `json:"subjects"`
	Dice     []Scores `json:"dice"` // of each subject

	Params  int     `json:"parameters"`     // that were trained
	Weights int     `json:"weights"`        // of the network at one phi
	MACs    int64   `json:"macs"`           // of one forward pass
	Bytes   int64   `json:"peak_bytes"`     // of one forward pass
	Latency float64 `json:"latency_s"`      // the median of one forward pass
	Steps   int     `json:"steps"`          // that it was trained for
	Seconds float64 `json:"train_s"`        // that training took
	Jobs    int     `json:"jobs,omitempty"` // networks trained at once, each by its share of the processors, when this was measured; 0: one

	Processors int `json:"processors,omitempty"` // that these times were measured on; 0: those of the study
}

// Scores are the Dice of a subject's structures, NaN, in the file null, where
// neither truth nor prediction has the structure.
type Scores []float64

// Means returns the mean Dice of each subject over its structures, NaN for one
// without any.
func (l Line) Means() []float64 {
	means := make([]float64, len(l.Dice))
	for i, d := range l.Dice {
		means[i] = metric.Summarise(d).Mean
	}
	return means
}

// Mean returns the mean over subjects of Means.
func (l Line) Mean() float64 { return metric.Summarise(l.Means()).Mean }

// Structure returns the Dice of one structure by subject.
func (l Line) Structure(i int) []float64 {
	x := make([]float64, len(l.Dice))
	for k, d := range l.Dice {
		x[k] = d[i]
	}
	return x
}

// Timeless returns the line without what differs from run to run: times, and how
// many networks were trained at once.
func (l Line) Timeless() Line {
	l.Latency, l.Seconds, l.Jobs, l.Processors = 0, 0, 0, 0
	return l
}

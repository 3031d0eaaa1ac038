package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/sshn-go/sshn/examples/internal/result"
	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/pareto"
)

// options are what the command line asks for.
type options struct {
	data, format, labels string
	out                  string
	size                 int
	split                string
	seeds                int
	steps                int
	minutes              float64
	methods              []string
	phis, controls       []float64
	analyses             []string
	settings             settings
	every, jobs          int
	reportOnly           bool
}

// settings are those of all networks and trainings.
type settings struct {
	width, levels, wide int
	batch, parts        int
	rate, headRate      float64
	widen               float64
	coarsest            int
	norm, sampling      string
	plain               bool
}

func (o *options) flags() *flag.FlagSet {
	f := flag.NewFlagSet("study", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.data, "data", "", "folder of images")
	f.StringVar(&o.format, "format", "", "how they lie in it: wbc (NNN.bmp with NNN.png), oasis (slices of neurite-OASIS) or folder (images/, masks/, labels.txt)")
	f.StringVar(&o.labels, "labels", "seg4", "of -format oasis: seg4 (tissues) or seg24 (structures)")
	f.StringVar(&o.out, "out", "study-out", "folder for all that is found")
	f.IntVar(&o.size, "size", 128, "of -format wbc and folder: pixels of a side that images are resized to")
	f.StringVar(&o.split, "split", "", "subjects to train on, choose weights by and report on, as shares or counts (28/6/6); if empty as split.json of -out says, else 0.6/0.2/0.2")
	f.IntVar(&o.seeds, "seeds", 3, "trainings of each network, with seeds from 1")
	f.IntVar(&o.steps, "steps", 0, "steps of each training; 1000 if neither this nor -minutes-per-network is given")
	f.Float64Var(&o.minutes, "minutes-per-network", 0, "minutes of each training, instead of steps; then no two runs are alike")
	list(f, &o.methods, "methods", "fixed,stochastic,film,sshn,wide,constant", "what to compare, of "+strings.Join(methods, ", "))
	numbers(f, &o.phis, "phis", "0.1,0.2,0.3,0.4,0.5", "phis that have a fixed network; the greatest is the end of the others' range")
	numbers(f, &o.controls, "control-phis", "", "phis of wide and constant, the fixed networks with more parameters (default: the least and the greatest of -phis)")
	list(f, &o.analyses, "analyses", "", "further sshn to train and measure, of all, "+strings.Join(names(), ", "))
	f.IntVar(&o.settings.width, "width", 32, "channels at each level of the networks")
	f.IntVar(&o.settings.wide, "wide", 0, "channels at each level of wide; 0: twice -width")
	f.IntVar(&o.settings.levels, "levels", 5, "levels of the networks")
	f.IntVar(&o.settings.batch, "batch", 1, "images for each phi, of all networks; the library has 1 for one phi with a norm, else 2")
	f.IntVar(&o.settings.parts, "phis-per-step", 4, "phis in a step; a network of one phi gets as many batches of it")
	f.Float64Var(&o.settings.rate, "rate", 4e-3, "first step size, of all networks; the library has it for one phi with a norm, else 0.002")
	f.Float64Var(&o.settings.headRate, "head-rate", 0.1, "first step size of the hypernetwork's last matrix, as a share of -rate")
	f.Float64Var(&o.settings.widen, "widen", 0.6, "share of a training in which the range of phi grows from its middle to all of it; 0: it is all of it throughout")
	f.IntVar(&o.settings.coarsest, "coarsest", -1, "how many times coarser than the image a map may be; 0: without limit, as in the paper; -1: 16, or as at phi 0.5 if that is more")
	f.StringVar(&o.settings.norm, "norm", string(unet.InstanceNorm), "after each convolution: none, as in the paper, instance or group")
	f.StringVar(&o.settings.sampling, "sampling", result.Antialiased, "how maps are made smaller: plain, from the nearest elements alone, or antialiased")
	f.BoolVar(&o.settings.plain, "plain", false, "train on the images as they are, without augmentation")
	f.IntVar(&o.every, "every", 100, "steps between validations, which write checkpoints")
	f.IntVar(&o.jobs, "jobs", 1, "networks to train at once, at most one for each processor; each has an equal share of the processors, that stays the same, and memory of its own. All are done sooner, with the same Dice; but the times and the memory told of a network are by its share and with others beside it, and of -minutes-per-network it makes less")
	f.BoolVar(&o.reportOnly, "report", false, "train nothing: make the report of what -out holds")
	return f
}

// methods are all that can be compared.
var methods = []string{result.Fixed, result.Stochastic, result.FiLM, result.SSHN, result.Wide, result.Constant}

// samplings are the ways to make maps smaller.
var samplings = []string{result.PlainSampling, result.Antialiased}

// list defines a flag of words, each taken once.
func list(f *flag.FlagSet, to *[]string, name, value, usage string) {
	set := func(text string) error {
		*to = nil
		for _, word := range words(text) {
			if !slices.Contains(*to, word) {
				*to = append(*to, word)
			}
		}
		return nil
	}
	set(value)
	f.Func(name, usage+shown(value), set)
}

// numbers defines a flag of positive numbers in ascending order.
func numbers(f *flag.FlagSet, to *[]float64, name, value, usage string) {
	set := func(text string) error {
		*to = nil
		for _, field := range words(text) {
			x, err := strconv.ParseFloat(field, 64)
			if err != nil || !(round(x) > 0) || x > 1 {
				return fmt.Errorf("%q is no phi in (0, 1]", field)
			}
			x = round(x) // as phis between are, so that all are compared
			*to = append(*to, x)
		}
		if *to == nil {
			return errors.New("a phi at least is needed")
		}
		slices.Sort(*to)
		*to = slices.Compact(*to)
		return nil
	}
	if value != "" {
		set(value)
	}
	f.Func(name, usage+shown(value), set)
}

// words are those between commas, without the spaces about them.
func words(text string) []string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	all := strings.Split(text, ",")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

func shown(value string) string {
	if value == "" {
		return ""
	}
	return " (default " + value + ")"
}

// parse reads the command line.
func parse(args []string) (*options, error) {
	o := &options{}
	f := o.flags()
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if slices.Contains(o.analyses, "all") {
		o.analyses = names()
	}
	if o.steps == 0 && o.minutes == 0 {
		o.steps = 1000
	}
	if o.controls == nil {
		o.controls = slices.Compact([]float64{slices.Min(o.phis), o.hi()})
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	if s := &o.settings; s.coarsest == -1 && !o.reportOnly {
		s.coarsest = unet.Config{Widths: make([]int, s.levels)}.Bounded().Coarsest
	}
	return o, nil
}

func (o *options) check() error {
	for _, m := range o.methods {
		if !slices.Contains(methods, m) {
			return fmt.Errorf("-methods %q: there are %s", m, strings.Join(methods, ", "))
		}
	}
	for _, a := range o.analyses {
		if !slices.Contains(names(), a) {
			return fmt.Errorf("-analyses %q: there are all, %s", a, strings.Join(names(), ", "))
		}
	}
	n := o.settings
	switch {
	case o.reportOnly:
		return nil
	case o.data == "":
		return errors.New("-data is needed: the folder of images")
	case !slices.Contains(formats, o.format):
		return fmt.Errorf("-format %q: there are %s", o.format, strings.Join(formats, ", "))
	case o.steps < 0 || !(o.minutes >= 0) || o.steps > 0 && o.minutes > 0:
		return errors.New("either -steps or -minutes-per-network is possible, and positive")
	case o.seeds < 1 || n.width < 1 || n.wide < 0 || n.levels < 1 || n.batch < 1 || n.parts < 1 || o.every < 1 || o.size < 1:
		return errors.New("-seeds, -width, -levels, -batch, -phis-per-step, -every and -size are at least 1, -wide 0")
	case o.jobs < 1:
		return fmt.Errorf("-jobs %d: at least 1 is possible", o.jobs)
	case n.levels > 16 || n.width > 4096 || n.wide > 4096: // as package unet has it
		return errors.New("-levels is at most 16, -width and -wide are at most 4096")
	case slices.Contains(o.methods, result.Wide) && n.wide > 0 && n.wide <= n.width:
		return fmt.Errorf("-wide %d: wide has more channels than -width, %d", n.wide, n.width)
	case !(n.widen >= 0 && n.widen <= 1):
		return fmt.Errorf("-widen %v: a share from 0 to 1 is possible", n.widen)
	case !slices.Contains(unet.Norms, unet.Norm(n.norm)):
		return fmt.Errorf("-norm %q: there are %v", n.norm, unet.Norms)
	case !slices.Contains(samplings, n.sampling):
		return fmt.Errorf("-sampling %q: there are %s", n.sampling, strings.Join(samplings, ", "))
	case n.coarsest < -1:
		return fmt.Errorf("-coarsest %d: -1, 0 or a positive number is possible", n.coarsest)
	case !(n.rate > 0) || !(n.headRate > 0):
		return errors.New("-rate and -head-rate are positive")
	case len(o.methods) == 0 && len(o.analyses) == 0:
		return errors.New("no -methods and no -analyses: nothing to do")
	case slices.Contains(o.analyses, transfer) && !slices.Contains(o.methods, result.SSHN):
		return errors.New("-analyses transfer uses the networks of sshn, which -methods lacks")
	}
	return nil
}

// workers is how many each network has.
func (o *options) workers() int { return max(1, runtime.GOMAXPROCS(0)/o.jobs) }

// hi is the end of the range that phi is drawn from in training.
func (o *options) hi() float64 { return slices.Max(o.phis) }

func help(w io.Writer) {
	fmt.Fprint(w, `usage: go run ./examples/study -data DIR -format wbc|oasis|folder [-out DIR] ...

Trains one network for each phi, one for all of them in each way that there is,
and networks with more parameters; measures all on subjects that nothing was
chosen by; writes results.jsonl and report.html. Stopped at any moment, it goes
on when it is started again.

methods:
  fixed       an ordinary network for each of -phis
  stochastic  one network that was trained at all phis
  film        the same, its channels scaled and shifted by what phi is
  sshn        a hypernetwork that predicts the weights for each phi
  wide        fixed with more channels
  constant    fixed whose weights a hypernetwork predicts: as many parameters as
              sshn, but for one phi

analyses, each beside sshn as it is; sshn:
`)
	for _, a := range analyses {
		fmt.Fprintf(w, "  %-11s %s\n", a.name, a.about)
	}
	fmt.Fprint(w, `
A folder of -format folder has images/ (PNG, BMP, TIFF or JPEG), masks/ with the
same names but for the extension (indexed or grey, whose values are labels; those
of one bit say 255 for white), and labels.txt, a line for each label: its number,
a name without spaces, red, green, blue and a 0:

  0 Background 0 0 0 0
  1 Leaf 80 160 60 0

Images of wbc and folder are resized to a square bilinearly, masks by nearest
neighbour.

flags:
`)
	f := (&options{}).flags()
	f.SetOutput(w)
	f.PrintDefaults()
}

// phi returns x as a phi.
func phi(x float64) pareto.Phi { return pareto.Phi{x} }

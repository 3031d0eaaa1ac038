package phantom

import (
	"image/color"
	"strings"

	"github.com/sshn-go/sshn/tensor/labels"
)

// A Protocol is one way to label a brain: which structures are told apart and
// which integers stand for them.
type Protocol struct {
	Name  string        // as in the file names of neurite-OASIS: seg4, seg24, seg35
	Table *labels.Table // the integers' names and FreeSurfer's colours
	class [256]uint8    // of a FreeSurfer id
}

// The protocols of neurite-OASIS. Seg24 is for slices, Seg35 for volumes and
// Seg4, the tissues, for both. The phantom has all structures of Seg24. Of
// Seg35 it lacks the vessels, and the table says so by leaving them out; that of
// Vessels35, for a [Map]'s subjects, has them.
var (
	Seg4      = tissues()
	Seg24     = structures("seg24", func(s structure) bool { return s.coronal }, false)
	Seg35     = structures("seg35", func(structure) bool { return true }, false)
	Vessels35 = structures("seg35", func(structure) bool { return true }, true)
)

// Recode returns the integers of p for FreeSurfer's, 0 for what p has none for.
func (p *Protocol) Recode(freesurfer []uint8) []uint8 {
	out := make([]uint8, len(freesurfer))
	for i, id := range freesurfer {
		out[i] = p.class[id]
	}
	return out
}

// FreeSurfer returns the id of a structure by FreeSurfer's name, as in
// Left-Thalamus (or Left-Thalamus-Proper, as it once was); false means that the
// atlas has none of that name.
func FreeSurfer(name string) (id int, ok bool) {
	name = strings.TrimSuffix(name, "-Proper")
	if name == "CSF" {
		return csf, true
	}
	for _, s := range atlas {
		switch {
		case s.right == 0 && name == s.name || s.right != 0 && name == "Left-"+s.name:
			return int(s.left), true
		case s.right != 0 && name == "Right-"+s.name:
			return int(s.right), true
		}
	}
	return 0, false
}

// A structure has a FreeSurfer id, in the left half (or the middle) and in the
// right half, 0 if it has none there.
type structure struct {
	left, right uint8
	name        string
	colour      color.NRGBA
	tissue      uint8 // of seg4
	coronal     bool  // one of seg24
}

const (
	cortex = 1 + iota
	subcortical
	white
	fluid
)

// FreeSurfer's ids and colours: its table FreeSurferColorLUT.txt.
var atlas = []structure{
	{2, 41, "Cerebral-White-Matter", rgb(245, 245, 245), white, true},
	{3, 42, "Cerebral-Cortex", rgb(205, 62, 78), cortex, true},
	{4, 43, "Lateral-Ventricle", rgb(120, 18, 134), fluid, true},
	{5, 44, "Inf-Lat-Ventricle", rgb(196, 58, 250), fluid, true},
	{7, 46, "Cerebellum-White-Matter", rgb(220, 248, 164), white, false},
	{8, 47, "Cerebellum-Cortex", rgb(230, 148, 34), subcortical, false},
	{10, 49, "Thalamus", rgb(0, 118, 14), subcortical, true},
	{11, 50, "Caudate", rgb(122, 186, 220), subcortical, true},
	{12, 51, "Putamen", rgb(236, 13, 176), subcortical, true},
	{13, 52, "Pallidum", rgb(12, 48, 255), subcortical, true},
	{14, 0, "3rd-Ventricle", rgb(204, 182, 142), fluid, true},
	{15, 0, "4th-Ventricle", rgb(42, 204, 164), fluid, false},
	{16, 0, "Brain-Stem", rgb(119, 159, 176), white, true},
	{17, 53, "Hippocampus", rgb(220, 216, 20), subcortical, true},
	{18, 54, "Amygdala", rgb(103, 255, 255), subcortical, false},
	{26, 58, "Accumbens", rgb(255, 165, 0), subcortical, false},
	{28, 60, "VentralDC", rgb(165, 42, 42), white, true},
	{30, 62, vessel, rgb(160, 32, 240), fluid, false},
	{31, 63, "Choroid-Plexus", rgb(0, 200, 200), fluid, true},
}

// csf is FreeSurfer's id of fluid around the brain, which label maps may have.
// It is a tissue of Seg4 and no structure of the others.
const csf = 24

// The one structure of seg35 that the phantom lacks.
const vessel = "Vessel"

// mirror holds the id of the right half for one of the left, and the id itself
// for what lies in the middle.
var mirror = func() (m [256]uint8) {
	for _, s := range atlas {
		m[s.left] = max(s.right, s.left)
	}
	return m
}()

// structures numbers the chosen structures from 1: left and middle ones first,
// then those on the right. Without vessels, these have numbers but no entries.
func structures(name string, chosen func(structure) bool, vessels bool) *Protocol {
	p := &Protocol{Name: name}
	entries := []labels.Entry{unknown}
	next := 1
	number := func(id uint8, side string, s structure) {
		if id == 0 || !chosen(s) {
			return
		}
		p.class[id] = uint8(next)
		if s.name != vessel || vessels {
			entries = append(entries, labels.Entry{ID: next, Name: side + s.name, Colour: s.colour})
		}
		next++
	}
	for _, s := range atlas {
		side := "Left-"
		if s.right == 0 {
			side = ""
		}
		number(s.left, side, s)
	}
	for _, s := range atlas {
		number(s.right, "Right-", s)
	}
	return p.with(entries)
}

func tissues() *Protocol {
	p := &Protocol{Name: "seg4"}
	for _, s := range atlas {
		p.class[s.left], p.class[s.right] = s.tissue, s.tissue
	}
	p.class[0], p.class[csf] = 0, fluid
	return p.with([]labels.Entry{
		unknown,
		{ID: cortex, Name: "Cortex", Colour: rgb(205, 62, 78)},
		{ID: subcortical, Name: "Subcortical-Gray-Matter", Colour: rgb(230, 148, 34)},
		{ID: white, Name: "White-Matter", Colour: rgb(245, 245, 245)},
		{ID: fluid, Name: "CSF", Colour: rgb(120, 18, 134)},
	})
}

var unknown = labels.Entry{Name: "Unknown", Colour: rgb(0, 0, 0)}

func (p *Protocol) with(entries []labels.Entry) *Protocol {
	t, err := labels.New(entries...)
	if err != nil {
		panic(err) // the table stands above
	}
	p.Table = t
	return p
}

func rgb(r, g, b uint8) color.NRGBA { return color.NRGBA{r, g, b, 255} }

package main

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// A comparison is the result of evaluate.
type comparison struct {
	Tolerance  float64   `json:"tolerance_mm"`
	Mean       *scores   `json:"mean"` // over subjects; nil if none has structures
	SD         *scores   `json:"sd"`
	Structures []summary `json:"structures"` // in the order of the labels
	Subjects   []subject `json:"subjects"`
	Without    []string  `json:"without_prediction"`
}

// A summary tells of one structure over subjects.
type summary struct {
	ID       int     `json:"id"`
	Name     string  `json:"name"`
	Subjects int     `json:"subjects"` // of which at least one segmentation has it
	Missed   int     `json:"missed"`   // of which only one does
	Mean     *scores `json:"mean"`
	SD       *scores `json:"sd"`
}

// summarise works out what is told of all subjects together.
func (r *comparison) summarise() {
	var subjects []scores
	byID := map[int][]scores{}
	for _, s := range r.Subjects {
		if s.Mean != nil {
			subjects = append(subjects, *s.Mean)
		}
		for _, found := range s.Structures {
			at := slices.IndexFunc(r.Structures, func(x summary) bool { return x.ID == found.ID })
			if at < 0 {
				at = len(r.Structures)
				r.Structures = append(r.Structures, summary{ID: found.ID, Name: found.Name})
			}
			if found.missed() {
				r.Structures[at].Missed++
			}
			byID[found.ID] = append(byID[found.ID], found.scores)
		}
	}
	slices.SortFunc(r.Structures, func(a, b summary) int { return cmp.Compare(a.ID, b.ID) })
	for i := range r.Structures {
		s := &r.Structures[i]
		s.Subjects = len(byID[s.ID])
		s.Mean, s.SD = mean(byID[s.ID])
	}
	r.Mean, r.SD = mean(subjects)
}

// wonder notes structures of the truth that no prediction has: predictions of
// other labels than the table's look like this.
func (r *comparison) wonder(c console) {
	predicted, missed := map[int]bool{0: true}, 0
	for _, s := range r.Subjects {
		for _, found := range s.Structures {
			if found.Predicted > 0 {
				predicted[found.ID] = true
			}
		}
	}
	for _, s := range r.Structures {
		if !predicted[s.ID] {
			missed++
		}
	}
	if missed > 0 {
		c.note("no prediction has %d of the %s: the predictions hold only the labels %s", missed, plural(len(r.Structures), "structure"), some(runs(slices.Sorted(maps.Keys(predicted)))))
	}
}

// runs lists ascending numbers, neighbours as from and to.
func runs(ids []int) (texts []string) {
	for from := 0; from < len(ids); {
		to := from
		for to+1 < len(ids) && ids[to+1] == ids[to]+1 {
			to++
		}
		text := strconv.Itoa(ids[from])
		if to > from {
			text += " to " + strconv.Itoa(ids[to])
		}
		texts, from = append(texts, text), to+1
	}
	return texts
}

// print writes a table of structures and one of subjects.
func (r *comparison) print(w io.Writer) {
	missed := 0
	t := r.sheet(w, "structure", "subjects")
	for _, s := range r.Structures {
		t.line(s.Name, s.Mean, s.Subjects, s.Missed)
		missed += s.Missed
	}
	t.line("mean of subjects", r.Mean, len(r.Subjects), missed)
	t.line("deviation", r.SD)
	fmt.Fprintln(w)
	t = r.sheet(w, "subject", "structures")
	for _, s := range r.Subjects {
		t.line(s.Name, s.Mean, len(s.Structures), s.Missed)
	}
}

// A sheet is a table that is being written.
type sheet struct {
	w     io.Writer
	width int // of the names
}

// sheet begins a table and returns it.
func (r *comparison) sheet(w io.Writer, of, counted string) sheet {
	t := sheet{w, len("mean of subjects")}
	for _, s := range r.Structures {
		t.width = max(t.width, utf8.RuneCountInString(s.Name))
	}
	for _, s := range r.Subjects {
		t.width = max(t.width, utf8.RuneCountInString(s.Name))
	}
	fmt.Fprintf(w, "%-*s %6s %8s %8s %12s %7s %11s %7s\n", t.width, of,
		"Dice", "HD95 mm", "ASSD mm", fmt.Sprintf("NSD at %v mm", r.Tolerance), "VS", counted, "missed")
	return t
}

func (t sheet) line(name string, s *scores, counts ...int) {
	text := fmt.Sprintf("%-*s %6s %8s %8s %12s %7s", t.width, name, "-", "-", "-", "-", "-")
	if s != nil {
		text = fmt.Sprintf("%-*s %6.3f %8.2f %8.2f %12.3f %7.3f", t.width, name, s.Dice, s.HD95, s.ASSD, s.NSD, s.VS)
	}
	for i, n := range counts {
		text += fmt.Sprintf(" %*d", 11-4*i, n)
	}
	fmt.Fprintln(t.w, text)
}

// writeCSV writes a line for each subject and structure.
func (r *comparison) writeCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	lines := [][]string{{"subject", "id", "structure", "truth_voxels", "predicted_voxels",
		"dice", "hd95_mm", "assd_mm", "nsd", "vs"}}
	for _, s := range r.Subjects {
		for _, x := range s.Structures {
			line := []string{s.Name, strconv.Itoa(x.ID), x.Name, strconv.Itoa(x.Truth), strconv.Itoa(x.Predicted)}
			for _, v := range []float64{x.Dice, x.HD95, x.ASSD, x.NSD, x.VS} {
				line = append(line, strconv.FormatFloat(v, 'g', -1, 64))
			}
			lines = append(lines, line)
		}
	}
	return c.WriteAll(lines)
}

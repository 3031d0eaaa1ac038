package sshn

import (
	"fmt"

	"github.com/sshn-go/sshn/tensor/labels"
)

// A Label is what a class stands for.
type Label struct {
	ID     int    `json:"id"` // in label files, 0 to 2^24 - 1
	Name   string `json:"name"`
	Colour string `json:"colour,omitempty"` // as in #rrggbb
}

// LabelsOf returns the labels of classes that a colour table describes, the
// background first.
func LabelsOf(classes []labels.Entry) []Label {
	var all []Label
	for _, e := range classes {
		all = append(all, Label{ID: e.ID, Name: e.Name, Colour: fmt.Sprintf("#%02x%02x%02x", e.Colour.R, e.Colour.G, e.Colour.B)})
	}
	return all
}

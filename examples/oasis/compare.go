package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/sshn-go/sshn/examples/internal/neurite"
	"github.com/sshn-go/sshn/nn/metric"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/labels"
	"github.com/sshn-go/sshn/tensor/nifti"
)

// Scores say how well something was predicted: one structure, or several in
// the mean. Their names are those of the table.
type scores struct {
	Dice float64 `json:"dice"`
	HD95 float64 `json:"hd95_mm"`
	ASSD float64 `json:"assd_mm"`
	NSD  float64 `json:"nsd"`
	VS   float64 `json:"vs"`
}

// A structure is one of a subject that at least one segmentation has.
type structure struct {
	ID        int    `json:"id"`
	Name      string `json:"name"`
	Truth     int    `json:"truth_voxels"`
	Predicted int    `json:"predicted_voxels"`
	scores
}

// missed tells that only one segmentation has the structure.
func (s *structure) missed() bool { return s.Truth == 0 || s.Predicted == 0 }

// A subject is what was found of one.
type subject struct {
	Name       string      `json:"subject"`
	Truth      string      `json:"truth"`
	Prediction string      `json:"prediction"`
	Mean       *scores     `json:"mean"` // nil if there are no structures
	Missed     int         `json:"missed"`
	Structures []structure `json:"structures"`
}

// compare reads and compares the segmentations of a subject.
func (p pair) compare(table *labels.Table, tolerance float64) (subject, error) {
	s := subject{Name: p.subject, Truth: p.truth, Prediction: p.prediction, Structures: []structure{}}
	truth, err := nifti.ReadFile(p.truth, nifti.Options{})
	if err != nil {
		return s, err
	}
	prediction, err := nifti.ReadFile(p.prediction, nifti.Options{})
	if err != nil {
		return s, err
	}
	if err := neurite.SameGrid(prediction.Header, truth.Header); err != nil {
		return s, fmt.Errorf("%s: %w %s", p.prediction, err, p.truth)
	}
	ids := map[int]bool{}
	if err := collect(ids, truth, table); err != nil {
		return s, fmt.Errorf("%s: %w", p.truth, err)
	}
	if err := collect(ids, prediction, table); err != nil {
		return s, fmt.Errorf("%s: %w", p.prediction, err)
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		name := strconv.Itoa(id)
		if table != nil {
			e, _ := table.Lookup(id)
			name = e.Name
		}
		s.Structures = append(s.Structures, structure{ID: id, Name: name})
	}
	mm := truth.Header.Spacing()
	if err := score(s.Structures, truth.Data, prediction.Data, []float64{mm[2], mm[1], mm[0]}, tolerance); err != nil {
		return s, fmt.Errorf("%s: %w", p.prediction, err)
	}
	var all []scores
	for _, found := range s.Structures {
		all = append(all, found.scores)
		if found.missed() {
			s.Missed++
		}
	}
	s.Mean, _ = mean(all)
	return s, nil
}

// collect adds the labels of a segmentation, without the background, to ids.
func collect(ids map[int]bool, v *nifti.Volume, table *labels.Table) error {
	all, err := v.Labels()
	if err != nil {
		return err
	}
	var strangers []string
	last := int32(0)
	for _, id := range all {
		if id == last || id == 0 || ids[int(id)] { // labels come in runs
			last = id
			continue
		}
		last = id
		if table != nil {
			if _, ok := table.Lookup(int(id)); !ok {
				strangers = append(strangers, strconv.Itoa(int(id)))
			}
		}
		ids[int(id)] = true
	}
	if strangers != nil {
		return fmt.Errorf("labels that the table lacks: %s", some(strangers))
	}
	return nil
}

// score fills in how well each of a subject's structures was predicted. The
// labels are replaced by the structures' places, from 1.
func score(structures []structure, truth, prediction tensor.Tensor, spacing []float64, tolerance float64) error {
	class := map[float32]float32{0: 0}
	for i, s := range structures {
		class[float32(s.ID)] = float32(i + 1)
	}
	classify := func(x tensor.Tensor) []int {
		voxels := make([]int, len(class))
		for i, id := range x.Data {
			if id != 0 {
				x.Data[i] = class[id]
			}
			voxels[int(x.Data[i])]++
		}
		return voxels
	}
	inTruth, predicted := classify(truth), classify(prediction)
	overlap := metric.NewOverlap(len(class))
	if err := overlap.Add(truth, prediction); err != nil {
		return err
	}
	surfaces, err := metric.Surfaces(truth, prediction, len(class), spacing...)
	if err != nil {
		return err
	}
	dice, volume := overlap.Dice(), overlap.VolumeSimilarity()
	for i := range structures {
		c, s := i+1, &structures[i]
		s.Truth, s.Predicted = inTruth[c], predicted[c]
		s.scores = scores{dice[c], surfaces[c].Hausdorff(95), surfaces[c].Mean(), surfaces[c].Dice(tolerance), volume[c]}
	}
	return nil
}

// mean returns the mean and the deviation of each score, nil of none.
func mean(all []scores) (mean, sd *scores) {
	if len(all) == 0 {
		return nil, nil
	}
	mean, sd = &scores{}, &scores{}
	for _, of := range []func(*scores) *float64{
		func(s *scores) *float64 { return &s.Dice },
		func(s *scores) *float64 { return &s.HD95 },
		func(s *scores) *float64 { return &s.ASSD },
		func(s *scores) *float64 { return &s.NSD },
		func(s *scores) *float64 { return &s.VS },
	} {
		var x []float64
		for i := range all {
			x = append(x, *of(&all[i]))
		}
		m := metric.Summarise(x)
		*of(mean), *of(sd) = m.Mean, m.SD
	}
	return mean, sd
}

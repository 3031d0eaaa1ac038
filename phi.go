package sshn

import (
	"fmt"
	"slices"

	"github.com/sshn-go/sshn/hyper"
	"github.com/sshn-go/sshn/pareto"
)

// A PhiError tells of a phi that a model was not trained for.
type PhiError struct {
	Phi   pareto.Phi
	At    pareto.Phi  // the one phi of a Fixed or a frozen model; nil: of another model
	Prior hyper.Prior // the range of another model
}

// Error implements error.
func (e *PhiError) Error() string {
	if e.At != nil {
		return fmt.Sprintf("sshn: phi %v: this is an ordinary network of phi %v, and its weights fit no other", e.Phi, e.At)
	}
	return fmt.Sprintf("sshn: phi %v is outside (%v, %v], the range that the model was trained for; accuracy falls there", e.Phi, e.Prior.Lo, e.Prior.Hi)
}

// Covers returns a [*PhiError] if the model was not trained for phi, and the error
// of [Model.Factors] if phi is none that it could have been trained for. [Model.At]
// refuses such a phi for a Fixed or a frozen model only: other models do
// answer outside their range, the worse the further out.
func (m *Model) Covers(phi pareto.Phi) error {
	if err := m.cfg.checkPhi(phi); err != nil {
		return fmt.Errorf("sshn: %w", err)
	}
	prior := m.cfg.Prior
	outside := slices.ContainsFunc(phi, func(x float64) bool { return !(x > prior.Lo && x <= prior.Hi) })
	if m.cfg.At != nil && !phi.Equal(m.cfg.At) || m.cfg.At == nil && outside {
		return &PhiError{phi, m.cfg.At, prior}
	}
	return nil
}

// frozenAt returns the error of Covers for a model of one phi.
func (m *Model) frozenAt(phi pareto.Phi) error {
	if m.cfg.At == nil {
		return nil
	}
	return m.Covers(phi)
}

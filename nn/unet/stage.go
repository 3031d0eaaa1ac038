package unet

import (
	"fmt"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn"
)

// A stage is what happens at one level: convolutions, each with its norm,
// modulation and activation, then dropout.
type stage struct {
	cfg   *Config
	convs []*nn.Conv
	norms []*nn.Norm     // empty without norm
	films []*nn.Modulate // empty without FiLM
}

func (u *UNet) newStage(b nn.Builder, in, width int) *stage {
	s := &stage{cfg: &u.cfg}
	for i := range u.cfg.Convs {
		b := b.In(fmt.Sprint(i))
		s.convs = append(s.convs, nn.NewConv(b.In("conv"), in, width, 3))
		switch u.cfg.Norm {
		case InstanceNorm:
			s.norms = append(s.norms, nn.NewInstanceNorm(b.In("norm"), width))
		case GroupNorm:
			s.norms = append(s.norms, nn.NewGroupNorm(b.In("norm"), width, u.cfg.Groups))
		}
		if u.film != nil {
			s.films = append(s.films, u.film.Modulate(b.In("film"), width))
		}
		in = width
	}
	return s
}

func (s *stage) forward(p *nn.Pass, x, modulation autograd.Value) autograd.Value {
	for i, conv := range s.convs {
		x = conv.Forward(p, x)
		if s.norms != nil {
			x = s.norms[i].Forward(p, x)
		}
		if s.films != nil {
			x = s.films[i].Forward(p, x, modulation)
		}
		x = s.cfg.Activation.apply(x)
	}
	return nn.Dropout(p, x, s.cfg.Dropout)
}

package phantom

import "math"

// vec is a point or a direction in mm: along i, j and k, that is to the left,
// down and forward. (An array would read no worse, but Go keeps small structs
// in registers and arrays in memory.)
type vec struct{ x, y, z float64 }

func (a vec) plus(b vec) vec { return vec{a.x + b.x, a.y + b.y, a.z + b.z} }

func (a vec) minus(b vec) vec { return vec{a.x - b.x, a.y - b.y, a.z - b.z} }

func (a vec) by(s float64) vec { return vec{a.x * s, a.y * s, a.z * s} }

func (a vec) over(s float64) vec { return vec{a.x / s, a.y / s, a.z / s} }

func (a vec) dot(b vec) float64 { return a.x*b.x + a.y*b.y + a.z*b.z }

func (a vec) norm() float64 { return math.Sqrt(a.dot(a)) }

// A matrix is three rows.
type matrix struct{ x, y, z vec }

func (m *matrix) times(a vec) vec { return vec{m.x.dot(a), m.y.dot(a), m.z.dot(a)} }

// rotation returns the matrix whose rows are the axes after the turn: roll,
// pitch and yaw in degrees.
func rotation(turn vec) matrix {
	const degree = math.Pi / 180
	sr, cr := math.Sincos(turn.x * degree)
	sp, cp := math.Sincos(turn.y * degree)
	sy, cy := math.Sincos(turn.z * degree)
	return matrix{
		vec{cr*cy - sr*sp*sy, sr*cy + cr*sp*sy, -cp * sy},
		vec{-sr * cp, cr * cp, sp},
		vec{cr*sy + sr*sp*cy, sr*sy - cr*sp*cy, cp * cy},
	}
}

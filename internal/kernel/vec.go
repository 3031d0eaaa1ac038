package kernel

// Axpy adds a*x to y, element by element.
func Axpy(y, x []float32, a float32) { axpyPlain(y, x, a) }

// Add adds x to y, element by element.
func Add(y, x []float32) { addPlain(y, x) }

// Scale multiplies y by a.
func Scale(y []float32, a float32) { scalePlain(y, a) }

// Dot returns the sum of the products of x and y, in float32.
func Dot(x, y []float32) float32 { return dotPlain(x, y) }

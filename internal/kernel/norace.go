//go:build !race

package kernel

const raceDetector = false

func reads[T float](...[]T)  {}
func writes[T float](...[]T) {}

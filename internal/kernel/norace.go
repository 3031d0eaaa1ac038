//go:build !race

package kernel

const raceDetector = false

func reads(...[]float32)  {}
func writes(...[]float32) {}

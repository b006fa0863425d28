package host

func playHostile([]string) {}

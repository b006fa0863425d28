package main

import (
	"syscall"
	"time"
)

// killOne kills a replica, and starts it again at once.
func (g *rig) killOne() {
	r := g.any()
	r.kill()
	g.disturbed++
	g.note(r.start())
}

// stopOne has a replica sleep for longer than anybody believes that it lives.
func (g *rig) stopOne() {
	r := g.any()
	r.signal(syscall.SIGSTOP)
	g.disturbed++
	time.Sleep(g.options.asleep) // this is how long it sleeps
	r.signal(syscall.SIGCONT)
}

// replaceOne stops a replica as an update would, and starts it again.
func (g *rig) replaceOne() {
	r := g.replicas[g.disturbed%len(g.replicas)]
	g.disturbed++
	g.note(r.stop(patience))
	g.note(r.start())
}

// restartRedis has Redis lose its memory.
func (g *rig) restartRedis() {
	g.spent.add(g.client)
	g.redis.Kill()
	g.disturbed++
	g.note(g.redis.Restart())
}

// pauseRedis has Redis answer nothing for as long as the pause between two outages.
func (g *rig) pauseRedis() {
	g.redis.Pause()
	g.disturbed++
	time.Sleep(g.options.outageEvery)
	g.redis.Resume()
}

func (g *rig) any() *replica { return g.replicas[g.random.IntN(len(g.replicas))] }

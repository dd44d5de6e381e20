package container

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/authconfig"
	"github.com/moby/moby/api/types/build"
	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"halab/internal/software"
)

// ImageID is the id of the image that ref names, which stands for its content;
// "" where the engine does not hold it.
func (r *Runtime) ImageID(ctx context.Context, ref string) (string, error) {
	cli, err := r.client()
	if err != nil {
		return "", err
	}
	image, err := cli.ImageInspect(ctx, ref)
	if errdefs.IsNotFound(err) {
		return "", nil
	}
	return image.ID, explain(err)
}

// Pull gets an image from its registry, with the user's credentials for it
// where there are any.
func (r *Runtime) Pull(ctx context.Context, ref string, progress func(line string)) error {
	// testcontainers knows where credentials are kept, and asks the engine.
	if _, err := r.containers(ctx); err != nil {
		return err
	}
	cli, err := r.client()
	if err != nil {
		return err
	}
	var o client.ImagePullOptions
	if _, auth, err := testcontainers.DockerImageAuth(ctx, ref); err == nil {
		o.RegistryAuth, _ = authconfig.Encode(auth) // without, it is a public image
	}
	stream, err := cli.ImagePull(ctx, ref, o)
	if err != nil {
		return noSuchImage(explain(err))
	}
	defer stream.Close()
	for m, err := range stream.JSONMessages(ctx) {
		if err != nil {
			return noSuchImage(err)
		}
		if m.Error != nil {
			return noSuchImage(m.Error)
		}
		if m.Progress == nil || m.Progress.Total == 0 {
			progress(strings.TrimSpace(m.ID + " " + m.Status))
		}
	}
	return ctx.Err()
}

// noSuchImage marks the errors by which a registry says that it has no such
// image; one that is private says the same.
func noSuchImage(err error) error {
	text := err.Error()
	for _, words := range []string{"manifest unknown", "not found", "repository does not exist"} {
		if strings.Contains(text, words) {
			return fmt.Errorf("%w: %w", software.ErrNoSuchImage, err)
		}
	}
	if errdefs.IsNotFound(err) {
		return fmt.Errorf("%w: %w", software.ErrNoSuchImage, err)
	}
	return err
}

// Build builds an image. The classic builder does, and every engine has it.
func (r *Runtime) Build(ctx context.Context, tag string, buildContext io.Reader, labels map[string]string) error {
	cli, err := r.client()
	if err != nil {
		return err
	}
	res, err := cli.ImageBuild(ctx, buildContext, client.ImageBuildOptions{
		Tags: []string{tag}, Labels: labels, Version: build.BuilderV1,
		NetworkMode: "none", Remove: true, ForceRemove: true,
	})
	if err != nil {
		return explain(err)
	}
	defer res.Body.Close()
	return buildError(res.Body)
}

// buildError reads a build's messages to their end and returns the error
// among them.
func buildError(messages io.Reader) error {
	for dec := json.NewDecoder(messages); ; {
		var m jsonstream.Message
		err := dec.Decode(&m)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read the engine's answer: %w", err)
		case m.Error != nil:
			return m.Error
		}
	}
}

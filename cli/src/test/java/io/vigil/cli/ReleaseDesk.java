package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.model.approval.DeploymentRequest;
import io.vigil.model.approval.RequestFile;
import io.vigil.model.bundle.Bundle;
import io.vigil.schema.Deployment;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/**
 * Where changes are asked for and signed, by the commands that people use: a folder with keys, a
 * keyring and a registry. Not thread-safe.
 */
final class ReleaseDesk {
  private final Path folder;
  private int requests;

  ReleaseDesk(Path folder) {
    this.folder = folder;
  }

  /** What a command printed, and how it ended. */
  record Told(int code, String out, String err) {}

  String at(String path) {
    return folder.resolve(path).toString();
  }

  /** Runs a command, which must succeed, and returns what it printed. */
  String vigil(String... args) {
    Told told = tried(args);
    assertThat(told.code()).as(told.err()).isZero();
    return told.out();
  }

  /** Runs a command. */
  Told tried(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commandLine = Vigil.commandLine();
    commandLine.setOut(new PrintWriter(out));
    commandLine.setErr(new PrintWriter(err));
    return new Told(commandLine.execute(args), out.toString(), err.toString());
  }

  /** Makes a key and gives it to a person. */
  void enrol(String person, String key, String role, String expires) {
    vigil("keys", "new", key, "--out", at("keys"));
    vigil(
        "keys",
        "enrol",
        "--keyring",
        at("keyring.yaml"),
        "--name",
        person,
        "--role",
        role,
        "--public",
        at("keys/" + key + ".pub"),
        "--expires",
        expires);
  }

  /**
   * A plan of one model against another, as {@code vigil model plan} would write the head of it.
   */
  Path plan(String file, Bundle candidate, String championDigest, String verdict)
      throws IOException {
    return Files.writeString(
        folder.resolve(file),
        """
        format: vigil-plan-1
        verdict: %s
        change:
          - {kind: model, name: "%s", version: %d, digest: %s}
        against:
          - {kind: model, name: "champion", version: 1, digest: %s}
        gates:
          - {gate: golden, observed: "64 rows", required: "every bit", verdict: %s}
        """
            .formatted(
                verdict,
                candidate.manifest().name(),
                candidate.manifest().version(),
                candidate.digest(),
                championDigest,
                verdict.equals("gate_failed") ? "failed" : "passed"));
  }

  /** Asks for a bundle of this folder; the file is not signed. */
  Path request(String bundle, String alias, String... more) {
    Path file = folder.resolve("request-" + ++requests + ".yaml");
    List<String> args =
        new ArrayList<>(
            List.of(
                "model",
                "request",
                "--artefact",
                at(bundle),
                "--as",
                alias,
                "--registry",
                at("registry"),
                "--out",
                file.toString()));
    args.addAll(List.of(more));
    vigil(args.toArray(String[]::new));
    return file;
  }

  /** Has a request signed. */
  Path sign(Path request, String... keys) {
    for (String key : keys) {
      vigil("model", "sign", request.toString(), "--key", at("keys/" + key + ".key"));
    }
    return request;
  }

  /** What the control topic gets of a request. */
  static Deployment record(Path request) throws IOException {
    return ApplyRequest.deployment(read(request).request());
  }

  static RequestFile read(Path request) throws IOException {
    return RequestFile.read(Files.readString(request), request.toString());
  }

  /** The same request as a file, with other content: what somebody writes by hand. */
  Path rewritten(Path request, DeploymentRequest other) throws IOException {
    RequestFile file = read(request);
    Path written = folder.resolve("request-" + ++requests + ".yaml");
    Files.writeString(written, new RequestFile(file.scope(), file.against(), other).text());
    return written;
  }
}

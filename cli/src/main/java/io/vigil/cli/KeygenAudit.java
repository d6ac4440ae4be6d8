package io.vigil.cli;

import io.vigil.model.approval.SigningKeys;
import io.vigil.model.proof.NoteKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.KeyPair;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil audit keygen}: makes the key of a log. */
@Command(
    name = "keygen",
    mixinStandardHelpOptions = true,
    description =
        "Makes the key that a job signs its heads with: proof.key for the job alone, proof.pub, and"
            + " proof.vkey for auditors.")
final class KeygenAudit implements Callable<Integer> {
  private static final String NAME = "proof";

  @Mixin private Console console = new Console();

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where the files go.")
  private Path out = Path.of("");

  @Option(
      names = "--origin",
      required = true,
      paramLabel = "NAME",
      description = "The log's name, such as example.com/vigil/production.")
  private String origin = "";

  @Override
  public Integer call() {
    KeyPair pair = SigningKeys.generate();
    NoteKey key = ModelCommand.checked(() -> new NoteKey(origin, pair.getPublic()));
    KeyFiles.write(out, NAME, pair);
    Path verifier = out.resolve(NAME + ".vkey");
    try {
      Files.writeString(verifier, key.text() + "\n", StandardOpenOption.CREATE_NEW);
    } catch (IOException e) {
      throw new CliException("cannot write " + verifier + ": " + e.getMessage(), e);
    }
    Path secret = KeyFiles.privateFile(out, NAME);
    console.out().println("private   " + secret + ", not encrypted: vigil.proof.key of the job");
    console.out().println("auditors  " + verifier + ": give it to them yourself");
    console.out().println("key       " + key.text());
    console.out().flush();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("origin", origin);
    json.put("private_key", secret.toString());
    json.put("verifier_key", key.text());
    console.writeJson(json);
    return 0;
  }
}

package io.vigil.cli;

import io.vigil.model.approval.Keyring;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil keys revoke}: takes a key or a person the right to sign. */
@Command(
    name = "revoke",
    mixinStandardHelpOptions = true,
    description = {
      "Revokes a key, or a person with all keys; both stay in the keyring, so that nobody enrols"
          + " them anew.",
      "The job reads the keyring for every request: it counts from the next one on."
    })
final class RevokeKey implements Callable<Integer> {

  @Mixin private Console console = new Console();

  @Option(names = "--keyring", required = true, paramLabel = "FILE", description = "The keyring.")
  private Path file = Path.of("");

  @ArgGroup(exclusive = true, multiplicity = "1")
  private Whom whom = new Whom();

  private static final class Whom {
    @Option(names = "--id", required = true, paramLabel = "KEY", description = "A key, by its id.")
    private @Nullable String key;

    @Option(
        names = "--name",
        required = true,
        paramLabel = "PERSON",
        description = "A person, with all keys.")
    private @Nullable String name;
  }

  @Override
  public Integer call() {
    Keyring before = KeysCommand.keyring(file);
    String key = whom.key;
    String name = String.valueOf(whom.name);
    Keyring after =
        ModelCommand.checked(() -> key != null ? before.revokeKey(key) : before.revokePerson(name));
    KeysCommand.replace(file, after.toYaml());
    console.out().println("revoked   " + (key != null ? key : name));
    console.out().println("keyring   %s for %s".formatted(after.digest(), after.scope()));
    console.out().flush();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", key);
    json.put("name", whom.name);
    json.put("scope", after.scope());
    json.put("keyring_sha256", after.digest());
    console.writeJson(json);
    return 0;
  }
}

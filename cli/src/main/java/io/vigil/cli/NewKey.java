package io.vigil.cli;

import io.vigil.model.approval.SigningKeys;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vigil keys new}: makes a pair of keys. */
@Command(
    name = "new",
    mixinStandardHelpOptions = true,
    description = "Makes a signing key: NAME.key, for you alone, and NAME.pub, to be enrolled.")
final class NewKey implements Callable<Integer> {

  @Mixin private Console console = new Console();

  @Parameters(paramLabel = "NAME", description = "Of the two files.")
  private String name = "";

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where the files go.")
  private Path out = Path.of("");

  @Override
  public Integer call() {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
      throw new CliException(
          "NAME: expected letters, digits, '.', '_' and '-', got "
              + name.replaceAll("\\p{C}", "?"));
    }
    KeyPair pair = SigningKeys.generate();
    KeyFiles.write(out, name, pair);
    String id = SigningKeys.id(pair.getPublic());
    Path secret = KeyFiles.privateFile(out, name);
    Path open = KeyFiles.publicFile(out, name);
    console.out().println("id       " + id);
    console.out().println("private  " + secret + ", not encrypted: keep it where only you read");
    console.out().println("public   " + open + ", to be enrolled in the keyring");
    console.out().flush();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", id);
    json.put("private_key", secret.toString());
    json.put("public_key", open.toString());
    console.writeJson(json);
    return 0;
  }
}

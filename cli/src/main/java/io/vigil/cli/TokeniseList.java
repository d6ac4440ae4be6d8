package io.vigil.cli;

import io.vigil.cli.ingest.IngestException;
import io.vigil.cli.ingest.Tokeniser;
import io.vigil.model.rule.EntryList;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vigil rules tokenise}: a list of card numbers or addresses as rules can ask it. */
@Command(
    name = "tokenise",
    mixinStandardHelpOptions = true,
    description = {
      "Writes a list of card numbers or addresses as one of their tokens.",
      "While the key is being changed each has two: under the key in use, and under the next one."
    })
final class TokeniseList implements Callable<Integer> {
  private static final int HEAD_LINES = 3;

  @Mixin private Console console = new Console();

  @Parameters(
      paramLabel = "FILE",
      description = "A list (docs/rules.md) of card or of ip, its entries in clear.")
  private Path file = Path.of("");

  @Option(names = "--out", required = true, paramLabel = "FILE", description = "Gets the list.")
  private Path out = Path.of("");

  @Override
  public Integer call() {
    Map<String, String> environment = System.getenv();
    if (!environment.containsKey(Tokeniser.KEY_VARIABLE)
        && !environment.containsKey(Tokeniser.KEY_FILE_VARIABLE)) {
      // A key made here would give tokens that no producer gives.
      throw new IngestException(
          "key for card numbers: expected %s or %s, got neither"
              .formatted(Tokeniser.KEY_VARIABLE, Tokeniser.KEY_FILE_VARIABLE));
    }
    Tokeniser tokeniser = Tokeniser.load(environment, Path.of(""), console.err()::println);
    String list = tokenised(lines(file), file.toString(), tokeniser);
    EntryList made =
        ModelCommand.checked(
            () -> EntryList.read(list.getBytes(StandardCharsets.UTF_8), out.toString()));
    KeysCommand.replace(out.toAbsolutePath(), list);
    console.out().printf("%s, version %d: %,d tokens%n", made.name(), made.version(), made.size());
    console.out().flush();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", made.name());
    json.put("version", made.version());
    json.put("entries", made.size());
    json.put("out", out.toString());
    console.writeJson(json);
    return 0;
  }

  private static List<String> lines(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        throw new CliException("list: expected a file, got " + file + ", which is none");
      }
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new CliException("list " + file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /** The same list with tokens in place of what they stand for. */
  static String tokenised(List<String> lines, String origin, Tokeniser tokeniser) {
    List<String> head = new ArrayList<>();
    Set<String> entries = new LinkedHashSet<>();
    for (String line : lines) {
      if (line.isEmpty() || line.startsWith("#")) {
        continue; // What stands in a remark is anybody's guess; it is left out.
      }
      if (head.size() < HEAD_LINES) {
        head.add(line);
        continue;
      }
      switch (head.get(HEAD_LINES - 1)) {
        case "of: card" -> entries.addAll(tokeniser.ofCard(line));
        case "of: ip" -> entries.addAll(tokeniser.ofAddress(line));
        default ->
            throw new CliException(
                origin
                    + ": expected 'of: card' or 'of: ip', which producers tokenise, got another");
      }
    }
    return String.join("\n", head) + "\n\n" + String.join("\n", entries) + "\n";
  }
}

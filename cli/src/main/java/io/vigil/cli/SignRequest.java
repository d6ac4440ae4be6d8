package io.vigil.cli;

import io.vigil.model.approval.Judge;
import io.vigil.model.approval.RequestFile;
import io.vigil.model.approval.SigningKeys;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code vigil model sign}: adds a person's signature to a request. */
@Command(
    name = "sign",
    mixinStandardHelpOptions = true,
    description = "Shows what a request asks for, and adds your signature to it.")
final class SignRequest implements Callable<Integer> {

  @Mixin private Console console = new Console();

  @Parameters(paramLabel = "REQUEST", description = "The file that request wrote.")
  private Path file = Path.of("");

  @Option(
      names = "--key",
      paramLabel = "NAME.key",
      description = "Your private key, with NAME.pub beside it.")
  private @Nullable Path key;

  @Option(
      names = "--valid",
      defaultValue = "24h",
      paramLabel = "TIME",
      converter = ValidConverter.class,
      description = "How long the signature counts, 7d at most (default: ${DEFAULT-VALUE}).")
  private Duration valid = Duration.ZERO;

  @Option(names = "--dry-run", description = "Shows it and signs nothing.")
  private boolean dryRun;

  @Override
  public Integer call() {
    String yaml = KeysCommand.text("request", file);
    RequestFile request = ModelCommand.checked(() -> RequestFile.read(yaml, file.toString()));
    Instant expires = Instant.now().truncatedTo(ChronoUnit.SECONDS).plus(valid);
    RequestText.print(console, request, expires);
    if (dryRun) {
      console.writeJson(RequestText.json(request));
      return 0;
    }
    if (key == null) {
      throw new CliException("--key: expected your private key, or --dry-run, got neither");
    }
    KeyPair pair = KeyFiles.read(key);
    RequestFile signed =
        ModelCommand.checked(
            () ->
                request.with(
                    request
                        .statement(expires.toEpochMilli())
                        .sign(pair.getPrivate(), pair.getPublic())));
    KeysCommand.replace(file, signed.text());
    console.out().println("signed   " + SigningKeys.id(pair.getPublic()));
    console.out().flush();
    Map<String, Object> json = new LinkedHashMap<>(RequestText.json(signed));
    json.put("expires", expires.toString());
    console.writeJson(json);
    return 0;
  }

  private static final class ValidConverter implements ITypeConverter<Duration> {
    private static final Pattern TIME = Pattern.compile("(\\d{1,4})([mhd])");

    @Override
    public Duration convert(String text) {
      Matcher matcher = TIME.matcher(text);
      if (matcher.matches()) {
        long count = Long.parseLong(matcher.group(1));
        Duration duration =
            switch (matcher.group(2)) {
              case "m" -> Duration.ofMinutes(count);
              case "h" -> Duration.ofHours(count);
              default -> Duration.ofDays(count);
            };
        if (count > 0 && duration.toMillis() <= Judge.APPROVAL_MS_MAX) {
          return duration;
        }
      }
      throw new TypeConversionException("expected a time up to 7d, such as 24h, got " + text);
    }
  }
}

package io.vigil.cli;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vigil archive}: what a job keeps for good. */
@Command(
    name = "archive",
    mixinStandardHelpOptions = true,
    description = "Lists, compacts, indexes and expires days of a job's archive, and finds in it.",
    subcommands = {
      ListArchive.class,
      CompactArchive.class,
      IndexArchive.class,
      FindInArchive.class,
      ExpireArchive.class
    })
final class ArchiveCommand implements Runnable {

  @Spec private @Nullable CommandSpec command;

  @Override
  public void run() {
    CommandSpec given = command;
    if (given != null) {
      throw new ParameterException(
          given.commandLine(), "expected list, compact, index, find or expire");
    }
  }

  /** The machine's name, without blanks; {@code unknown} when it has none. */
  static String host() {
    try {
      return InetAddress.getLocalHost().getHostName().replaceAll("\\s", "_");
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }
}

package io.vigil.job.archive;

import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/**
 * What was deleted from an archive, by whom, and when: files {@code _journal/NUMBER.jsonl}, one for
 * each run that deletes, written before it does. Its lines are JSON: who, when, the policy and the
 * digest of the journal's file before; then a line for each file, with its SHA-256. Not
 * thread-safe.
 */
public final class ArchiveJournal {
  private static final String FOLDER = "_journal";
  private static final Pattern NAME = Pattern.compile("(\\d{6})\\.jsonl");
  private static final Pattern DELETED =
      Pattern.compile("\\{\"kind\":\"([^\"]*)\",\"day\":\"(\\d{4}-\\d{2}-\\d{2})\",.*");
  private static final int BUFFER_BYTES = 1 << 16;

  private final ArchiveFolder archive;

  public ArchiveJournal(ArchiveFolder archive) {
    this.archive = archive;
  }

  /** Its files, the oldest first. */
  public List<Path> files() throws IOException {
    List<Path> found = new ArrayList<>();
    for (FileStatus entry : ArchiveDay.listStatus(archive.files(), archive.resolve(FOLDER))) {
      if (NAME.matcher(entry.getPath().getName()).matches()) {
        found.add(entry.getPath());
      }
    }
    found.sort(Comparator.comparing(Path::getName));
    return found;
  }

  /** The days of a kind of which something was deleted, ever. */
  public NavigableSet<LocalDate> deleted(String kind) throws IOException {
    NavigableSet<LocalDate> days = new TreeSet<>();
    for (Path file : files()) {
      for (String line : text(file).lines().toList()) {
        Matcher matcher = DELETED.matcher(line);
        if (matcher.matches() && matcher.group(1).equals(kind)) {
          days.add(LocalDate.parse(matcher.group(2)));
        }
      }
    }
    return days;
  }

  private String text(Path file) throws IOException {
    try (InputStream in = archive.files().open(file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Writes down the days that are about to go, file by file. */
  void write(String who, Instant now, String policy, List<ArchiveDay> days) throws IOException {
    List<Path> before = files();
    int number = 1;
    String previous = "";
    if (!before.isEmpty()) {
      Path last = before.get(before.size() - 1);
      Matcher name = NAME.matcher(last.getName());
      number = name.matches() ? Integer.parseInt(name.group(1)) + 1 : 1;
      previous = sha256(archive.files(), last);
    }
    Path file = new Path(archive.resolve(FOLDER), "%06d.jsonl".formatted(number));
    String head =
        "{\"who\":\"%s\",\"when\":\"%s\",\"policy\":\"%s\",\"previous_sha256\":\"%s\"}\n"
            .formatted(escaped(who), now, escaped(policy), previous);
    AtomicFile.write(
        archive.files(),
        file,
        out -> {
          DataOutputStream lines = new DataOutputStream(out);
          lines.write(head.getBytes(StandardCharsets.UTF_8));
          for (ArchiveDay day : days) {
            for (ArchiveDay.Part part : day.parts()) {
              lines.write(line(day, part).getBytes(StandardCharsets.UTF_8));
            }
          }
          lines.flush();
        });
  }

  private String line(ArchiveDay day, ArchiveDay.Part part) throws IOException {
    String records;
    try {
      records = Long.toString(BlockReader.count(archive.files(), part));
    } catch (IOException e) {
      records = "null"; // A damaged file may go too.
    }
    return "{\"kind\":\"%s\",\"day\":\"%s\",\"file\":\"%s\",\"bytes\":%d,\"records\":%s,\"sha256\":\"%s\"}\n"
        .formatted(
            escaped(day.kind()),
            day.date(),
            escaped(part.name()),
            part.bytes(),
            records,
            sha256(archive.files(), part.path()));
  }

  private static String escaped(String text) {
    StringBuilder escaped = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\' || c < ' ') {
        escaped.append("\\u%04x".formatted((int) c));
      } else {
        escaped.append(c);
      }
    }
    return escaped.toString();
  }

  private static String sha256(FileSystem files, Path file) throws IOException {
    try (InputStream in = files.open(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}

package io.vigil.job.archive;

import java.io.IOException;
import java.net.URI;
import org.apache.flink.core.fs.BlockLocation;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystemFactory;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.local.LocalFileSystem;

/**
 * The local files under the scheme {@code crash}, as an object store may show them: nothing is
 * renamed over something, folders need not be there. After a number of changes every further one
 * fails, as when the process is killed there; a file that is open then has half of what was to be
 * written last.
 */
public final class CrashingFileSystem extends FileSystem {
  private static final LocalFileSystem LOCAL = new LocalFileSystem();

  /** Changes until the crash; of one test at a time. */
  private static long left = Long.MAX_VALUE;

  /** Makes it known to Flink. */
  public static final class Factory implements FileSystemFactory {
    @Override
    public String getScheme() {
      return "crash";
    }

    @Override
    public FileSystem create(URI uri) {
      return new CrashingFileSystem();
    }
  }

  /** The process is gone. */
  static final class Crash extends IOException {
    private static final long serialVersionUID = 1L;

    Crash() {
      super("killed here");
    }
  }

  /** Crashes after so many changes. */
  static void crashAfter(long changes) {
    left = changes;
  }

  /** Crashes no more. */
  static void heal() {
    left = Long.MAX_VALUE;
  }

  private static void change() throws Crash {
    if (left == 0) {
      throw new Crash();
    }
    left--;
  }

  private static Path local(Path path) {
    return new Path("file", null, path.toUri().getPath());
  }

  private static FileStatus status(FileStatus status) {
    return new Status(
        new Path("crash", null, status.getPath().toUri().getPath()),
        status.getLen(),
        status.getModificationTime(),
        status.isDir());
  }

  private record Status(Path path, long length, long modified, boolean dir) implements FileStatus {
    @Override
    public long getLen() {
      return length;
    }

    @Override
    public long getBlockSize() {
      return length;
    }

    @Override
    public short getReplication() {
      return 1;
    }

    @Override
    public long getModificationTime() {
      return modified;
    }

    @Override
    public long getAccessTime() {
      return 0;
    }

    @Override
    public boolean isDir() {
      return dir;
    }

    @Override
    public Path getPath() {
      return path;
    }
  }

  @Override
  public Path getWorkingDirectory() {
    return new Path("crash:///");
  }

  @Override
  public Path getHomeDirectory() {
    return new Path("crash:///");
  }

  @Override
  public URI getUri() {
    return URI.create("crash:///");
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    return status(LOCAL.getFileStatus(local(path)));
  }

  @Override
  public BlockLocation[] getFileBlockLocations(FileStatus file, long start, long length) {
    return new BlockLocation[0];
  }

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    return LOCAL.open(local(path), bufferSize);
  }

  @Override
  public FSDataInputStream open(Path path) throws IOException {
    return LOCAL.open(local(path));
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    FileStatus[] found = LOCAL.listStatus(local(path));
    if (found == null) {
      return new FileStatus[0];
    }
    FileStatus[] statuses = new FileStatus[found.length];
    for (int i = 0; i < found.length; i++) {
      statuses[i] = status(found[i]);
    }
    return statuses;
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    change();
    return LOCAL.delete(local(path), recursive);
  }

  @Override
  public boolean mkdirs(Path path) throws IOException {
    change();
    return LOCAL.mkdirs(local(path));
  }

  @Override
  public FSDataOutputStream create(Path path, WriteMode mode) throws IOException {
    change();
    return new Out(LOCAL.create(local(path), mode));
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    change();
    if (LOCAL.exists(local(to))) {
      return false;
    }
    return LOCAL.rename(local(from), local(to));
  }

  @Override
  public boolean isDistributedFS() {
    return true;
  }

  private static final class Out extends FSDataOutputStream {
    private final FSDataOutputStream out;

    Out(FSDataOutputStream out) {
      this.out = out;
    }

    @Override
    public long getPos() throws IOException {
      return out.getPos();
    }

    @Override
    public void write(int value) throws IOException {
      change();
      out.write(value);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      try {
        change();
      } catch (Crash e) {
        out.write(bytes, from, count / 2);
        throw e;
      }
      out.write(bytes, from, count);
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }

    @Override
    public void sync() throws IOException {
      throw new UnsupportedOperationException("an object store has no disk of its own");
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }
}

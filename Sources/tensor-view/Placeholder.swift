// Placeholder until the tool is written.
import ToolSupport
@main struct Main { static func main() {} }

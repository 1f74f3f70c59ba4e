// Stands in for the service's wrapper under Wine, where there is no service manager to speak of: starts a program in a job of its own
// and a console, as Shawl does, sends Ctrl+C when a file appears, and waits. wrapper.exe STOP_FILE OUTPUT COMMAND_LINE
#include <stdio.h>
#include <windows.h>

static BOOL WINAPI ignore(DWORD kind) {
  (void)kind;
  return TRUE;
}

static HANDLE killing_job(void) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
  HANDLE job = CreateJobObjectA(NULL, NULL);
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
  return job;
}

int main(int count, char **words) {
  if (count != 4) return 2;
  // A service has none to begin with.
  FreeConsole();
  AllocConsole();
  SetConsoleCtrlHandler(ignore, TRUE);
  SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
  HANDLE output = CreateFileA(words[2], FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, CREATE_ALWAYS, 0, NULL);
  HANDLE nothing = CreateFileA("NUL", GENERIC_READ, FILE_SHARE_READ, &inherited, OPEN_EXISTING, 0, NULL);
  STARTUPINFOA start = {0};
  start.cb = sizeof start;
  start.dwFlags = STARTF_USESTDHANDLES;
  start.hStdInput = nothing;
  start.hStdOutput = output;
  start.hStdError = output;
  PROCESS_INFORMATION child;
  HANDLE job = killing_job();
  if (!CreateProcessA(NULL, words[3], NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &start, &child)) return 3;
  AssignProcessToJobObject(job, child.hProcess);
  ResumeThread(child.hThread);
  while (WaitForSingleObject(child.hProcess, 100) == WAIT_TIMEOUT)
    if (GetFileAttributesA(words[1]) != INVALID_FILE_ATTRIBUTES) break;
  GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0);
  if (WaitForSingleObject(child.hProcess, 20000) == WAIT_TIMEOUT) return 4;
  DWORD code = 5;
  GetExitCodeProcess(child.hProcess, &code);
  return (int)code;
}
